// One event with what is sold of it.

/// An event, its ticket types as JSON, and for how many seconds this stays true if nobody writes; nil when for ever.
struct EventDetail: Sendable {
    var event: Event
    var ticketTypesJSON: [UInt8]
    /// What the draw of the lobby is bound to; only while the lobby is open.
    var queueCommitment: String?
    var secondsValid: Double?
}

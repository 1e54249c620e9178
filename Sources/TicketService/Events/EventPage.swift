// One page of a list of events.

/// The events of one page, the number of all hits, and for how many seconds this stays true if nobody writes; nil when for ever.
struct EventPage: Sendable {
    var events: [Event]
    var total: Int
    var secondsValid: Double?
}

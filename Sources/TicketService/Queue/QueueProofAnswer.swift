// One page of a proof as it is sent.

/// One page of a proof, ready to send.
struct QueueProofAnswer: Sendable {
    var etag: String
    /// Whether it stays as it is for ever.
    var isFinal: Bool
    var plain: [UInt8]
    var gzip: [UInt8]?
}

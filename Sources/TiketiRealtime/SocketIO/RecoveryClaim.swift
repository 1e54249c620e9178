// Reading what a client says of an earlier session in its CONNECT.
import TiketiJSON

/// What a client sends to continue a session.
struct RecoveryClaim {
    let pid: String
    /// Nil when the client has seen no offset yet.
    let offset: Int64?

    /// Whether the client wants to be recoverable, and the session it names.
    static func read(_ auth: [UInt8]) -> (asks: Bool, claim: RecoveryClaim?) {
        guard !auth.isEmpty, let value = MessagePackValue(json: auth) else { return (false, nil) }
        let asks = value["recovery"] == .bool(true)
        guard let pid = value["pid"]?.string, (1...64).contains(pid.utf8.count) else { return (asks, nil) }
        let offset = value["offset"]?.string
        let number = offset.flatMap { Int64($0) }
        // An offset that is none of ours says nothing about what the client has.
        return (asks, offset != nil && number == nil ? nil : RecoveryClaim(pid: pid, offset: number))
    }
}

// What is known about a session and its user at one moment, and how Redis keeps it.

import TiketiNet

/// A session as PostgreSQL had it at `checkedAt`.
public struct SessionStatus: Sendable, Equatable {
    /// nil: there is no such user any more.
    var role: Role?
    var isLive: Bool
    var checkedAt: Timestamp

    init(role: Role?, isLive: Bool, checkedAt: Timestamp = .now()) {
        self.role = role
        self.isLive = isLive
        self.checkedAt = checkedAt
    }

    /// `1 admin 1732867200000000`: whether it is live, the role or `-`, microseconds since the epoch. A first character of `0` is an end,
    /// which nothing else may overwrite.
    internal var text: String { "\(isLive ? 1 : 0) \(role?.rawValue ?? "-") \(checkedAt.microseconds)" }

    /// Nil for anything that `text` does not write.
    internal init?(text: [UInt8]) {
        let parts = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard parts.count == 3, parts[0] == "0" || parts[0] == "1", let checked = Int64(parts[2]) else { return nil }
        role = Role(rawValue: String(parts[1]))
        guard role != nil || parts[1] == "-" else { return nil }
        isLive = parts[0] == "1"
        checkedAt = Timestamp(microseconds: checked)
    }
}

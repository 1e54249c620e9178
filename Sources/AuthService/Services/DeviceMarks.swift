// A signed cookie for each account that a browser has signed in to: its failures are counted apart, so that strangers can't lock an owner
// out.
import TiketiCore
import TiketiNet

struct DeviceMarks: Sendable {
    private let key: HMACKey
    /// Whether the cookie travels by HTTPS alone.
    private let isSecure: Bool
    private static let lifeSeconds: Int64 = 365 * 86_400

    /// - Parameter secret: what tokens are signed with; the cookie's key is derived from it and is not the same.
    init(secret: String, isSecure: Bool) {
        key = HMACKey(Crypto.hmacSHA256(key: Array(secret.utf8), Array("tiketi device cookie".utf8)))
        self.isSecure = isSecure
    }

    /// The mark in the `Cookie` fields that is ours, for this account and not too old; nil without one.
    func read(_ email: String, cookies: [String], now: Timestamp = .now()) -> String? {
        let name = self.name(email)
        for field in cookies {
            for pair in field.split(separator: ";") {
                let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if parts.count == 2, parts[0] == name, let mark = open(String(parts[1]), email, now) { return mark }
            }
        }
        return nil
    }

    /// A `Set-Cookie` value with a new mark (RFC 6265 §4.1).
    func issue(_ email: String, now: Timestamp = .now()) -> String {
        let body = "\(Hex.encode(SecureRandom.bytes(16))).\(now.seconds)"
        let cookie = "\(name(email))=\(body).\(code(body, email))"
        return "\(cookie); Path=/api/auth; Max-Age=\(Self.lifeSeconds); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
    }

    /// Names the account without showing it.
    private func name(_ email: String) -> String { "tiketi_device_" + Hex.encode(key.code(for: Array("name:\(email)".utf8)).prefix(6)) }

    private func code(_ body: String, _ email: String) -> String {
        Hex.encode(key.code(for: Array("device:\(body):\(email)".utf8)).prefix(16))
    }

    private func open(_ value: String, _ email: String, _ now: Timestamp) -> String? {
        let parts = value.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0].utf8.count == 32, let issued = Int64(parts[1]),
            Crypto.constantTimeEquals(parts[2], code("\(parts[0]).\(parts[1])", email)), issued <= now.seconds + 60,
            now.seconds < issued + Self.lifeSeconds
        else { return nil }
        return parts[0]
    }
}

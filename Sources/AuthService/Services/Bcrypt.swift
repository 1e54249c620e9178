// bcrypt in the `$2b$` form: salts from the secure generator, hashes by libxcrypt. Slow by design: call it on password threads only.
import CLinux
import TiketiCore
import TiketiNet

enum Bcrypt {
    /// bcrypt reads 72 bytes and stops at the first zero byte; whatever it would cut is refused instead.
    static let longestPassword = 72

    private static let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    static func accepts(_ password: String) -> Bool {
        password.utf8.count <= longestPassword && !password.utf8.contains(0)
    }

    static func hash(_ password: String, cost: Int) -> String? {
        crypt(password, setting: setting(cost: cost, salt: SecureRandom.bytes(16)))
    }

    /// False for a hash this function could not have made. The comparison takes the same time wherever the first difference is.
    static func verify(_ password: String, hash: String) -> Bool {
        guard hash.utf8.count == 60, hash.hasPrefix("$2"), let computed = crypt(password, setting: hash) else { return false }
        return Crypto.constantTimeEquals(Array(computed.utf8), Array(hash.utf8))
    }

    /// `$2b$10$` and sixteen bytes in bcrypt's own base 64.
    static func setting(cost: Int, salt: [UInt8]) -> String {
        var text = Array("$2b$\(cost < 10 ? "0" : "")\(cost)$".utf8)
        var index = 0
        while index < salt.count {
            let first = salt[index]
            let second = index + 1 < salt.count ? salt[index + 1] : 0
            let third = index + 2 < salt.count ? salt[index + 2] : 0
            text.append(alphabet[Int(first >> 2)])
            text.append(alphabet[Int((first & 3) << 4 | second >> 4)])
            if index + 1 < salt.count { text.append(alphabet[Int((second & 15) << 2 | third >> 6)]) }
            if index + 2 < salt.count { text.append(alphabet[Int(third & 63)]) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func crypt(_ password: String, setting: String) -> String? {
        guard accepts(password) else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { output in
            guard clinux_crypt(password, setting, output.baseAddress!, 128) == 0 else { return nil }
            return String(cString: output.baseAddress!)
        }
    }
}

// Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, six digits, steps of thirty seconds.
import COpenSSL
import TiketiCore
import TiketiNet

enum TOTP {
    static let digits = 6
    static let stepSeconds: Int64 = 30

    /// A new shared secret of 160 bits, as long as the hash (RFC 4226 §4 R6).
    static func makeSecret() -> [UInt8] { SecureRandom.bytes(20) }

    static func step(at time: Timestamp) -> Int64 { time.seconds / stepSeconds }

    /// RFC 4226 §5.3, with its dynamic truncation.
    static func code(_ secret: [UInt8], step: Int64, digits: Int = digits) -> String {
        let counter = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * $0)) }
        let hash = [UInt8](unsafeUninitializedCapacity: 20) { output, count in
            _ = HMAC(EVP_sha1(), secret, Int32(secret.count), counter, counter.count, output.baseAddress, nil)
            count = 20
        }
        let offset = Int(hash[19] & 15)
        var number = hash[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        var text: [UInt8] = []
        for _ in 0..<digits {
            text.append(UInt8(ascii: "0") + UInt8(number % 10))
            number /= 10
        }
        return String(decoding: text.reversed(), as: UTF8.self)
    }

    /// The step whose code this is: now, one before or one after (RFC 6238 §5.2), and later than the last one used, so that a code works
    /// once.
    static func matchingStep(_ code: String, secret: [UInt8], after last: Int64, now: Timestamp = .now()) -> Int64? {
        let digits = code.filter { $0 != " " }
        var found: Int64?
        for candidate in (step(at: now) - 1)...(step(at: now) + 1) where candidate > last {
            if Crypto.constantTimeEquals(self.code(secret, step: candidate), digits), found == nil { found = candidate }
        }
        return found
    }

    /// Base 32 without padding (RFC 4648 §6), as apps take secrets.
    static func base32(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var text: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// What a QR code for an authenticator app says.
    static func uri(_ secret: [UInt8], account: String) -> String {
        var label = ""
        for byte in "Tiketi:\(account)".utf8 {
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-._~:@".utf8.contains(byte)
            label += isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }
        return "otpauth://totp/\(label)?secret=\(base32(secret))&issuer=Tiketi&algorithm=SHA1&digits=\(digits)&period=\(stepSeconds)"
    }
}

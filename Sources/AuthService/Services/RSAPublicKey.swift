// An RSA key from a JSON Web Key (RFC 7518 6.3.1) and RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 8.2), through OpenSSL.
import COpenSSL
import TiketiNet

/// `@unchecked Sendable`: the key is never changed after init, and OpenSSL's verification takes it as read-only from any thread.
final class RSAPublicKey: @unchecked Sendable {
    private let key: OpaquePointer

    /// nil for anything but a sound key of 2048 to 8192 bits.
    init?(modulus: [UInt8], exponent: [UInt8]) {
        let modulus = Array(modulus.drop { $0 == 0 })
        let exponent = Array(exponent.drop { $0 == 0 })
        guard (256...1024).contains(modulus.count), (1...8).contains(exponent.count), exponent.last! & 1 == 1 else { return nil }
        // SubjectPublicKeyInfo (RFC 5280 4.1.2.7): rsaEncryption with NULL parameters, then the RSAPublicKey as a bit string.
        let numbers = Self.sequence(Self.integer(modulus) + Self.integer(exponent))
        let algorithm: [UInt8] = [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]
        let info = Self.sequence(algorithm + Self.element(0x03, [0] + numbers))
        let parsed = info.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_PUBKEY(nil, &cursor, info.count)
        }
        guard let parsed else { return nil }
        key = parsed
    }

    deinit { EVP_PKEY_free(key) }

    func verifies(signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        // For an RSA key EVP's default padding is PKCS #1 v1.5.
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, key) == 1 else { return false }
        let good = EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
        ERR_clear_error()
        return good
    }

    private static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        element(0x02, bytes[0] & 0x80 == 0 ? bytes : [0] + bytes)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
        return [tag, 0x82, UInt8(count >> 8), UInt8(count & 0xff)] + content
    }
}

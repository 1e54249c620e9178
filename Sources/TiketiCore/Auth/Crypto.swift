// Digests, HMAC and constant-time comparison through OpenSSL; nothing here depends on the bytes' values in time except the digest itself.

import COpenSSL
import TiketiNet

/// One-shot cryptographic primitives.
public enum Crypto {
    /// SHA-256 (FIPS 180-4), 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            bytes.withUnsafeBufferPointer { input in
                _ = EVP_Digest(input.baseAddress, input.count, output.baseAddress, nil, EVP_sha256(), nil)
            }
            count = 32
        }
    }

    /// SHA-256 of the text's UTF-8, 32 bytes.
    public static func sha256(_ text: String) -> [UInt8] { sha256(Array(text.utf8)) }

    /// HMAC-SHA-256 (RFC 2104), 32 bytes. For many messages under one key see `HMACKey`.
    public static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            // OpenSSL reads a null key pointer as "reuse the last key": an empty key still needs an address.
            let padded = key.isEmpty ? [0] : key
            _ = HMAC(EVP_sha256(), padded, Int32(key.count), message, message.count, output.baseAddress, nil)
            count = 32
        }
    }

    /// Whether two secrets are equal, in time that depends on their lengths alone.
    public static func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        constantTimeEquals(left.span, right.span)
    }

    /// Whether two secrets are equal, in time that depends on their lengths alone.
    public static func constantTimeEquals(_ left: String, _ right: String) -> Bool {
        constantTimeEquals(left.utf8.span, right.utf8.span)
    }

    /// Whether two secrets are equal, in time that depends on their lengths alone.
    public static func constantTimeEquals(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}

/// A ready HMAC-SHA-256 key: the key schedule is computed once, a message then costs its own hashing.
///
/// `@unchecked Sendable`: the OpenSSL context is used only while `lock` is held.
public final class HMACKey: @unchecked Sendable {
    private let lock = Lock()
    private let mac: OpaquePointer?
    private let context: OpaquePointer?
    private let key: [UInt8]

    /// Prepares the key once (RFC 2104 §4), so that each code costs two hash runs less.
    public init(_ key: [UInt8]) {
        self.key = key
        mac = EVP_MAC_fetch(nil, "HMAC", nil)
        context = mac.flatMap { EVP_MAC_CTX_new($0) }
        if let context {
            var name = Array("SHA256".utf8CString)
            let padded = key.isEmpty ? [0] : key
            name.withUnsafeMutableBufferPointer { digest in
                var parameters = [OSSL_PARAM_construct_utf8_string("digest", digest.baseAddress, 0), OSSL_PARAM_construct_end()]
                _ = EVP_MAC_init(context, padded, key.count, &parameters)
            }
        }
    }

    deinit {
        EVP_MAC_CTX_free(context)
        EVP_MAC_free(mac)
    }

    /// The 32 byte code of `message`.
    public func code(for message: [UInt8]) -> [UInt8] {
        guard let context else { return Crypto.hmacSHA256(key: key, message) }
        return [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            var written = 0
            lock.withLock {
                // A null key restarts the context with the key schedule it already has.
                _ = EVP_MAC_init(context, nil, 0, nil)
                _ = EVP_MAC_update(context, message, message.count)
                _ = EVP_MAC_final(context, output.baseAddress, &written, 32)
            }
            count = 32
        }
    }
}

// SHA-256 of what comes in pieces, through OpenSSL.

import COpenSSL

/// One digest under way (FIPS 180-4). Confined to whoever made it.
public final class SHA256 {
    private let context = EVP_MD_CTX_new()

    /// A digest of nothing yet.
    public init() { EVP_DigestInit_ex(context, EVP_sha256(), nil) }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next bytes in; together they count as one text, however they are cut.
    public func update(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

    /// The 32 bytes. To be called once, at the end.
    public func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { output, count in
            EVP_DigestFinal_ex(context, output.baseAddress, nil)
            count = 32
        }
    }
}

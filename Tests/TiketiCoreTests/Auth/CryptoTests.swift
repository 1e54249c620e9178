// Digests and HMAC against published vectors (FIPS 180-4, RFC 4231).

import Testing
import TiketiNet

@testable import TiketiCore

@Suite struct CryptoTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func sha256(text: String, expected: String) {
        #expect(Hex.encode(Crypto.sha256(text)) == expected)
    }

    @Test(
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ] as [([UInt8], [UInt8], String)])
    func hmac(key: [UInt8], message: [UInt8], expected: String) {
        #expect(Hex.encode(Crypto.hmacSHA256(key: key, message)) == expected)
        let ready = HMACKey(key)
        #expect(Hex.encode(ready.code(for: message)) == expected)
        #expect(Hex.encode(ready.code(for: Array("between".utf8))) != expected)
        #expect(Hex.encode(ready.code(for: message)) == expected)
    }

    @Test func constantTimeComparison() {
        #expect(Crypto.constantTimeEquals("secret", "secret"))
        #expect(!Crypto.constantTimeEquals("secret", "secreT"))
        #expect(!Crypto.constantTimeEquals("secret", "secret1"))
        #expect(!Crypto.constantTimeEquals("", "x"))
        #expect(Crypto.constantTimeEquals([], [] as [UInt8]))
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
    func base64url(text: String, encoded: String) {
        var bytes: [UInt8] = []
        Base64URL.append(Array(text.utf8), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == encoded)
        #expect(Base64URL.decode(bytes.span) == Array(text.utf8))
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm+v", "Zm/v", "Zm9v\n", "Zm 9", "ÿmmm", "Zm9vY"])
    func base64urlRefuses(text: String) {
        #expect(Base64URL.decode(Array(text.utf8).span) == nil)
    }
}

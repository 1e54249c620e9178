// bcrypt against known answers, and the spelling of emails.
import Testing

@testable import AuthService

@Suite struct BcryptTests {
    /// Vectors of the OpenBSD and jBCrypt test suites, with the `$2b$` name of the same algorithm.
    @Test(arguments: [
        ("a", "$2b$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abc", "$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
    ])
    func knownAnswers(password: String, hash: String) {
        #expect(Bcrypt.verify(password, hash: hash))
        #expect(!Bcrypt.verify(password + "x", hash: hash))
    }

    @Test func aSaltIsWrittenInBcryptsOwnAlphabet() {
        // The salt of the vector for "a", decoded and encoded again.
        #expect(Bcrypt.setting(cost: 6, salt: [UInt8](repeating: 0, count: 16)) == "$2b$06$......................")
        #expect(Bcrypt.setting(cost: 12, salt: [UInt8](repeating: 0xff, count: 16)) == "$2b$12$999999999999999999999u")
    }

    @Test func whatWouldBeCutIsRefused() {
        let hash = Bcrypt.hash("password", cost: 4)
        #expect(hash?.utf8.count == 60)
        #expect(Bcrypt.hash(String(repeating: "x", count: 73), cost: 4) == nil)
        #expect(Bcrypt.hash("pass\0word", cost: 4) == nil)
        #expect(!Bcrypt.verify("pass\0word", hash: hash ?? ""))
        #expect(!Bcrypt.verify("password", hash: "$1$not$bcrypt"))
    }

    @Test(arguments: [
        (" Some.One@Example.COM ", "some.one@example.com"), ("a@b.co", "a@b.co"), ("홍@한국.kr", "홍@한국.kr"), ("a", nil), ("a@b", nil),
        ("@b.co", nil), ("a@.co", nil), ("a@b..co", nil), ("a b@c.de", nil), ("a@b@c.de", nil), ("a@b.co\u{7}", nil), ("a@-b.co", nil),
        // One account whatever form it was typed in, and whatever nobody sees in it.
        ("cafe\u{301}@b.co", "caf\u{e9}@b.co"), ("\u{1112}\u{1169}\u{11bc}@b.co", "홍@b.co"), ("a\u{200b}@b.co", "a@b.co"),
        ("\u{feff}a@b.co", "a@b.co"), ("a@b\u{ad}.co\u{200d}", "a@b.co"), ("\u{a0}A@b.co\u{3000}", "a@b.co"), ("\u{200b}@b.co", nil),
        ("CAFE\u{301}@b.co", "caf\u{e9}@b.co"),
    ])
    func emails(text: String, email: String?) {
        // Scalars, because Swift compares text without regard to its form.
        #expect(EmailAddress.normalise(text).map { Array($0.unicodeScalars) } == email.map { Array($0.unicodeScalars) })
    }
}

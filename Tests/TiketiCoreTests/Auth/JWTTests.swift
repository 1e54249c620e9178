// Tokens: the vectors of RFC 7515 A.1 and RFC 7519 §3.1, our own round trip, and every way to forge one.

import Testing
import TiketiNet

@testable import TiketiCore

@Suite struct JWTTests {
    private static let secret = "a secret of the test suite, long enough for HS256"
    private let verifier = JWT.Verifier(secret: secret)
    private let now = Timestamp(seconds: 1_800_000_000)
    private let principal = Principal(userID: UUID(), email: "buyer@example.com", role: .user)

    /// A token with any header and payload, signed with any secret.
    private func forge(_ header: String, _ payload: String, secret: String = Self.secret) -> String {
        var text: [UInt8] = []
        Base64URL.append(Array(header.utf8), to: &text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(Array(payload.utf8), to: &text)
        let code = Crypto.hmacSHA256(key: Array(secret.utf8), text)
        text.append(UInt8(ascii: "."))
        Base64URL.append(code, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private var payload: String {
        #"{"userId":"\#(principal.userID)","email":"a@b.c","role":"user","iat":1799999999,"exp":1800000001}"#
    }

    private func refused(_ token: String, as error: JWTError, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(throws: error, sourceLocation: sourceLocation) { try verifier.verify(token, now: now) }
    }

    @Test func roundTrip() throws {
        let token = JWT.sign(principal, secret: Self.secret, lifetime: .seconds(60), now: now)
        let claims = try verifier.verify(token, now: now)
        #expect(claims.principal == principal)
        #expect(claims.issuedAt == now)
        #expect(claims.expiresAt == now.adding(seconds: 60))
        #expect(throws: JWTError.expired) { try verifier.verify(token, now: now.adding(seconds: 60)) }
        #expect(throws: JWTError.badSignature) { try JWT.Verifier(secret: "other").verify(token, now: now) }
    }

    /// RFC 7515 A.1: signature good, claims not ours.
    /// While a new secret takes an old one's place, tokens of both count; afterwards the old ones don't.
    @Test func twoSecrets() throws {
        let principal = Principal(userID: UUID(), email: "a@example.com", role: .user)
        let old = JWT.sign(principal, secret: "old", lifetime: .seconds(60))
        let new = JWT.sign(principal, secret: "new", lifetime: .seconds(60))
        let both = JWT.Verifier(secret: "new", also: "old")
        #expect(try both.verify(old).userID == principal.userID)
        #expect(try both.verify(new).userID == principal.userID)
        #expect(throws: JWTError.badSignature) { try both.verify(JWT.sign(principal, secret: "third", lifetime: .seconds(60))) }
        #expect(throws: JWTError.badSignature) { try JWT.Verifier(secret: "new").verify(old) }
    }

    @Test func rfc7515Vector() throws {
        let token =
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            + "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            + "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        let key = try #require(
            Base64.decodeURL("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))
        let verifier = JWT.Verifier(key: HMACKey(key))
        let claims = try verifier.verifiedPayload(token)
        #expect(claims["iss"] == .string("joe"))
        #expect(claims["exp"] == .integer(1_300_819_380))
        #expect(claims["http://example.com/is_root"] == .bool(true))
        #expect(throws: JWTError.invalidClaims) { try verifier.verify(token, now: now) }
    }

    @Test func forgedByAnotherSignerIsAccepted() throws {
        // Any token with a good signature and these claims counts, whoever made it (spec §3.1).
        _ = try verifier.verify(forge(#"{"alg":"HS256"}"#, payload), now: now)
        _ = try verifier.verify(forge(#"{"typ":"jwt","alg":"HS256","kid":"1"}"#, payload), now: now)
        _ = try verifier.verify(forge(#"{"alg":"HS256","typ":"JWT"}"#, String(payload.dropLast()) + #","extra":[1]}"#), now: now)
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None","typ":"JWT"}"#, #"{"alg":"HS384"}"#, #"{"alg":"RS256"}"#, #"{"alg":"hs256"}"#,
        #"{"typ":"JWT"}"#,
        #"{"alg":["HS256"]}"#, #"{"alg":null}"#,
    ])
    func otherAlgorithms(header: String) {
        refused(forge(header, payload), as: .wrongAlgorithm)
    }

    @Test(arguments: [
        #"{"alg":"HS256","alg":"none"}"#, #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256"}x"#, #"["HS256"]"#,
        #"{"alg":"HS256","crit":["exp"]}"#,
        #"{"alg":"HS256","typ":"PNG"}"#, #"{"alg":"HS256","typ":1}"#, "", "HS256",
    ])
    func badHeaders(header: String) {
        refused(forge(header, payload), as: .malformed)
    }

    @Test func unsignedAndTampered() {
        let good = forge(#"{"alg":"HS256"}"#, payload)
        let parts = good.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        refused("\(parts[0]).\(parts[1]).", as: .badSignature)
        refused("\(parts[0]).\(parts[1])", as: .malformed)
        refused(good + ".", as: .malformed)
        refused(good + ".x", as: .malformed)
        refused("." + good, as: .malformed)
        refused(good + "=", as: .malformed)
        refused(good + "\n", as: .malformed)
        refused(" " + good, as: .malformed)
        refused("", as: .malformed)
        refused("..", as: .malformed)
        refused(String(repeating: "a", count: 5000), as: .malformed)
        let other = forge(#"{"alg":"HS256"}"#, payload.replacingRole())
        let mixed = other.split(separator: ".").map(String.init)
        refused("\(parts[0]).\(mixed[1]).\(parts[2])", as: .badSignature)
        // The last character of a 32 byte signature carries two bits that must be zero: no second spelling.
        var twin = Array(good.utf8)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        if let index = alphabet.firstIndex(of: twin[twin.count - 1]) { twin[twin.count - 1] = alphabet[index ^ 1] }
        refused(String(decoding: twin, as: UTF8.self), as: .malformed)
        refused(forge(#"{"alg":"HS256"}"#, payload, secret: ""), as: .badSignature)
    }

    @Test func claims() {
        let header = #"{"alg":"HS256"}"#
        let id = principal.userID
        func token(_ body: String) -> String { forge(header, body) }
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","iat":1799999999,"exp":1800000000}"#), as: .expired)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","iat":1800000061,"exp":1900000000}"#), as: .notYetValid)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","nbf":1800000061,"iat":1,"exp":1900000000}"#), as: .notYetValid)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"root","iat":1,"exp":1900000000}"#), as: .invalidClaims)
        refused(token(#"{"userId":"\#(id)","email":"a","iat":1,"exp":1900000000}"#), as: .invalidClaims)
        refused(token(#"{"userId":"7","email":"a","role":"user","iat":1,"exp":1900000000}"#), as: .invalidClaims)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","iat":1}"#), as: .invalidClaims)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","iat":1,"exp":"1900000000"}"#), as: .invalidClaims)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","iat":1,"exp":1e300}"#), as: .invalidClaims)
        refused(token(#"{"userId":"\#(id)","email":"a","role":"user","role":"admin","iat":1,"exp":1900000000}"#), as: .malformed)
        refused(token(#"[1]"#), as: .malformed)
        refused(token(""), as: .malformed)
        refused(token(payload + " {}"), as: .malformed)
    }
}

extension String {
    fileprivate func replacingRole() -> String {
        split(separator: "\"user\"", omittingEmptySubsequences: false).joined(separator: "\"admin\"")
    }
}

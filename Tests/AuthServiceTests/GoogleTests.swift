// Signing in with Google against tokens of a real RSA key, made by OpenSSL's own tool, and against every way to fake one.
import Glibc
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import AuthService

/// An RSA key of a test, used through the `openssl` program, so that the code under test never checks itself.
final class GoogleSigner: Sendable {
    let directory: TemporaryDirectory
    let keyID: String
    let jwks: [UInt8]
    let modulus: [UInt8]

    init(_ keyID: String = "k1") async throws {
        directory = try TemporaryDirectory("tiketi-google")
        self.keyID = keyID
        try await Self.run(directory, ["openssl", "genrsa", "-out", "\(directory.path)/key", "2048"])
        try await Self.run(directory, ["openssl", "rsa", "-in", "\(directory.path)/key", "-noout", "-modulus"])
        let line = String(decoding: Self.read(directory.path + "/log"), as: UTF8.self)
            .split(separator: "\n").first { $0.hasPrefix("Modulus=") }
        modulus = Hex.decode(String(try #require(line).dropFirst(8)).lowercased()) ?? []
        jwks = Array(
            #"{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"\#(keyID)","n":"\#(Base64.encodeURL(modulus))","e":"AQAB"}]}"#.utf8)
    }

    func token(_ claims: String, alg: String = "RS256") async throws -> String {
        let head = Base64.encodeURL(Array(#"{"alg":"\#(alg)","kid":"\#(keyID)","typ":"JWT"}"#.utf8))
        let signed = head + "." + Base64.encodeURL(Array(claims.utf8))
        let name = directory.path + "/" + UUID().description
        let file = open(name, O_WRONLY | O_CREAT, 0o600)
        _ = write(file, signed, signed.utf8.count)
        close(file)
        try await Self.run(directory, ["openssl", "dgst", "-sha256", "-sign", directory.path + "/key", "-out", name + ".sig", name])
        return signed + "." + Base64.encodeURL(Self.read(name + ".sig"))
    }

    static func run(_ directory: TemporaryDirectory, _ command: [String]) async throws {
        let status = try await BlockingPool(name: "openssl", threads: 1, queueLimit: 1).run {
            try TestProcess(command, log: directory.path + "/log").waitForEnd()
        }
        try #require(status == 0)
    }

    static func read(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(file, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }
}

@Suite struct GoogleTests {
    private static let client = "tiketi.apps.googleusercontent.com"

    private static func claims(_ changes: [String: String] = [:]) -> String {
        let now = Timestamp.now().microseconds / 1_000_000
        var claims = [
            "iss": "\"https://accounts.google.com\"", "aud": "\"\(client)\"", "sub": "\"1098\"", "email": "\"Buyer@Gmail.com\"",
            "email_verified": "true", "name": "\"구매자\"", "iat": "\(now)", "exp": "\(now + 3600)",
        ]
        claims.merge(changes) { $1 }
        return "{" + claims.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    /// A stand-in for Google's key endpoint.
    private static func endpoint(_ keys: Locked<[UInt8]>, asked: Locked<Int> = Locked(0)) async throws -> (server: HTTPServer, port: Int) {
        let server = HTTPServer(group: .shared) { _ in
            asked.withLock { $0 += 1 }
            return HTTPResponse(headers: ["Cache-Control": "public, max-age=600"], body: .bytes(keys.withLock { $0 }))
        }
        return (server, try await server.start(host: "127.0.0.1", port: 0))
    }

    @Test func aGoodTokenMakesOneAccount() async throws {
        let signer = try await GoogleSigner()
        let asked = Locked(0)
        let google = try await Self.endpoint(Locked(signer.jwks), asked: asked)
        let auth = try await AuthFixture.make([
            "GOOGLE_CLIENT_ID": Self.client, "GOOGLE_JWKS_URL": "http://127.0.0.1:\(google.port)/oauth2/v3/certs",
        ])
        func sign(_ credential: String) async throws -> TestResponse {
            try await auth.app.post("/api/auth/google", json: #"{"credential":"\#(credential)"}"#)
        }
        let first = try await sign(try await signer.token(Self.claims()))
        #expect(first.status == 200)
        #expect(first.json["user"]?["email"]?.stringValue == "buyer@gmail.com")
        #expect(first.json["user"]?["name"]?.stringValue == "구매자")
        let second = try await sign(try await signer.token(Self.claims(["iss": "\"accounts.google.com\"", "email": "\"new@gmail.com\""])))
        #expect(second.json["user"]?["id"] == first.json["user"]?["id"])
        #expect(asked.withLock { $0 } == 1)
        // No password fits an account without one.
        #expect(try await auth.login("buyer@gmail.com", "correct horse").status == 401)

        // An account with a password is not handed to whoever has its email at Google.
        let user = try await auth.register("taken@gmail.com")
        let taken = try await sign(try await signer.token(Self.claims(["sub": "\"2\"", "email": "\"taken@gmail.com\""])))
        #expect(taken.code == "EMAIL_TAKEN")
        #expect(try await auth.login(user.email, "correct horse").status == 200)

        for (name, changes) in [
            ("aud", ["aud": "\"another\""]), ("iss", ["iss": "\"https://accounts.evil.com\""]), ("exp", ["exp": "1000"]),
            ("unverified", ["email_verified": "false"]), ("no sub", ["sub": "\"\""]), ("future", ["iat": "99999999999"]),
            ("no email", ["email": "null"]),
        ] {
            let answer = try await sign(try await signer.token(Self.claims(changes)))
            #expect(answer.status == 401, "\(name)")
            #expect(answer.code == "INVALID_GOOGLE_TOKEN", "\(name)")
        }
        let rogue = try await GoogleSigner("k1")
        var fakes = [try await rogue.token(Self.claims()), try await signer.token(Self.claims(), alg: "none"), "a.b.c", "x"]
        // Signed with the public key as an HMAC secret.
        let head = Base64.encodeURL(Array(#"{"alg":"HS256","kid":"k1"}"#.utf8)) + "." + Base64.encodeURL(Array(Self.claims().utf8))
        fakes.append(head + "." + Base64.encodeURL(Crypto.hmacSHA256(key: signer.modulus, Array(head.utf8))))
        let good = try await signer.token(Self.claims())
        fakes.append(String(good.dropLast(3)) + "AAA")
        for fake in fakes { #expect(try await sign(fake).code == "INVALID_GOOGLE_TOKEN") }
        try await auth.close()
        await google.server.stop()
    }

    @Test func newKeysAreFetchedOnceAndOldOnesOutliveAnOutage() async throws {
        let old = try await GoogleSigner("old")
        let new = try await GoogleSigner("new")
        let served = Locked<([UInt8], Int)?>((old.jwks, 3600))
        let asked = Locked(0)
        let keys = GoogleKeys {
            asked.withLock { $0 += 1 }
            guard let answer = served.withLock({ $0 }) else { throw AuthError.googleUnavailable }
            return (answer.0, answer.1)
        }
        #expect(try await keys.key("old") != nil)
        served.withLock { $0 = (new.jwks, 3600) }
        #expect(try await keys.key("new") != nil)
        #expect(asked.withLock { $0 } == 2)
        // Made-up ids do not make it ask again and again.
        for index in 0..<20 { #expect(try await keys.key("made up \(index)") == nil) }
        #expect(asked.withLock { $0 } == 2)

        let away = GoogleKeys { throw AuthError.googleUnavailable }
        await #expect(throws: AuthError.googleUnavailable) { _ = try await away.key("k") }
    }

    @Test func keysThatAreNoneAreLeftOut() {
        #expect(GoogleKeys.read(Array("{}".utf8)) == nil)
        #expect(GoogleKeys.read(Array(#"{"keys":[{"kty":"RSA","kid":"short","n":"AQAB","e":"AQAB"}]}"#.utf8)) == nil)
        #expect(KeySource.maxAge(["public, max-age=19845, must-revalidate"]) == 19_845)
        #expect(KeySource.maxAge([]) == 3600)
    }

    @Test func withoutAClientIDThereIsNoGoogle() async throws {
        let auth = try await AuthFixture.make()
        #expect(try await auth.app.post("/api/auth/google", json: #"{"credential":"x"}"#).status == 404)
        try await auth.close()
    }
}

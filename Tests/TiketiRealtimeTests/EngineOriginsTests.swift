// Which web origins may use the server, and what they are answered.
import Testing
import TiketiNet

@testable import TiketiRealtime

@Suite struct EngineOriginsTests {
    private func request(_ fields: [(String, String)]) -> HTTPRequest {
        var headers = HTTPHeaders()
        for (name, value) in fields { headers.add(name, value) }
        return HTTPRequest(
            target: "/socket.io/", headers: headers, peer: SocketAddress(literal: "127.0.0.1", port: 1)!, loop: EventLoopGroup.shared.next()
        )
    }

    private func added(_ origins: EngineOrigins, _ fields: [(String, String)]) -> HTTPHeaders {
        var headers = HTTPHeaders()
        origins.add(to: &headers, for: request(fields))
        return headers
    }

    @Test func whoMayOpenAWebSocket() {
        let listed = EngineOrigins("https://tiketi.example, http://localhost:3000/")
        let cases: [(EngineOrigins, [(String, String)], Bool)] = [
            (listed, [], true),
            (listed, [("Origin", "https://tiketi.example")], true),
            // A slash at the end of the setting is no part of an origin.
            (listed, [("Origin", "http://localhost:3000")], true),
            (listed, [("Origin", "https://evil.example")], false),
            (listed, [("Origin", "https://tiketi.example.evil")], false),
            (listed, [("Origin", "null")], false),
            (listed, [("Origin", "https://own.example"), ("Host", "own.example")], true),
            (listed, [("Origin", "https://own.example"), ("Host", "inner:3006"), ("X-Forwarded-Host", "own.example")], true),
            (listed, [("Origin", "https://own.example:8443"), ("Host", "own.example")], false),
            (.none, [("Origin", "https://tiketi.example")], false),
            (.none, [], true),
            (EngineOrigins("*"), [("Origin", "https://evil.example")], true),
        ]
        for (origins, fields, expected) in cases { #expect(origins.accepts(request(fields)) == expected, "\(fields)") }
    }

    @Test func credentialsForbidTheAsterisk() {
        let headers = added(EngineOrigins("*"), [("Origin", "https://a.example")])
        #expect(headers["Access-Control-Allow-Origin"] == "https://a.example" && headers["Access-Control-Allow-Credentials"] == "true")
        #expect(headers["Vary"] == "Origin")
    }

    @Test func strangersAndServersWithoutCORSGetNothing() {
        let refused = added(EngineOrigins("https://a.example"), [("Origin", "https://b.example")])
        #expect(refused["Access-Control-Allow-Origin"] == nil && refused["Vary"] == "Origin")
        let off = added(.none, [("Origin", "https://a.example"), ("Host", "a.example")])
        #expect(off["Access-Control-Allow-Origin"] == nil && off["Vary"] == nil)
        #expect(added(EngineOrigins(" , "), [("Origin", "https://a.example")])["Vary"] == nil)
    }

    @Test func preflights() {
        let origins = EngineOrigins("https://a.example")
        let allowed = origins.preflight(
            request([("Origin", "https://a.example"), ("Access-Control-Request-Headers", "authorization,x-a")]))
        #expect(allowed.status.code == 204 && allowed.headers["Access-Control-Allow-Headers"] == "authorization,x-a")
        #expect(allowed.headers["Access-Control-Allow-Methods"]?.contains("POST") == true)
        let refused = origins.preflight(request([("Origin", "https://b.example")]))
        #expect(refused.status.code == 204 && refused.headers["Access-Control-Allow-Methods"] == nil)
    }
}

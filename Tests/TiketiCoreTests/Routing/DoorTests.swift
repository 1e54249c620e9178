// What is refused at the door of every service, whatever its routes do with a body.

import Testing
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct DoorTests {
    private func echo() -> TestApp {
        let router = Router()
        router.post("/echo") { context in
            _ = try await context.json()
            return .success()
        }
        router.post("/fields") { context in
            var fields = try await context.fields()
            let name = fields.string("name", max: 20)
            let text = fields.optionalString("text", max: 100, lines: true)
            let at = fields.optionalTimestamp("at")
            try fields.finish()
            return .success {
                $0.member("name", name)
                $0.member("text", text ?? "")
                $0.member("at", at.map(\.rfc3339) ?? "")
            }
        }
        router.get("/search") { context in
            let words = try context.query.string("q")
            return .success { $0.member("q", words ?? "none") }
        }
        return TestApp(router)
    }

    private func named(_ name: String, text: String = "") -> String {
        String(decoding: JSONValue.object([.init("name", .string(name)), .init("text", .string(text))]).encoded, as: UTF8.self)
    }

    @Test(arguments: ["gzip", "br", "deflate", "GZIP", "identity, gzip"]) func compressedBodiesAreRefused(_ coding: String) async throws {
        let answer = try await echo().send(
            .post, "/echo", headers: ["Content-Encoding": coding, "Content-Type": "application/json"], body: Array("{}".utf8))
        #expect(answer.status == 415 && answer.code == "UNSUPPORTED_MEDIA_TYPE")
        #expect(answer.headers["Accept-Encoding"] == "identity")
    }

    @Test func identityIsNoCompression() async throws {
        #expect(try await echo().send(.post, "/echo", headers: ["Content-Encoding": "identity"], json: "{}").status == 200)
        // Without a body there is nothing that could be compressed.
        #expect(try await echo().send(.get, "/search", headers: ["Content-Encoding": "gzip"]).status == 200)
    }

    @Test(arguments: [
        (#"{"data":{"orderId":"ORDER\u0000"}}"#, "data.orderId"), (#"{"list":["a","\u0000"]}"#, "list[1]"), (#"{"a\u0000":1}"#, "body"),
        (#""\u0000""#, "body"),
    ])
    func nulAnywhereInABodyIsRefused(_ json: String, _ field: String) async throws {
        let answer = try await echo().post("/echo", json: json)
        #expect(answer.status == 400 && answer.code == "VALIDATION_FAILED")
        #expect(answer.json["details"]?.arrayValue?.first?["field"]?.stringValue == field)
    }

    @Test func anEscapedBackslashBeforeU0000IsNoNUL() async throws {
        #expect(try await echo().post("/echo", json: #"{"a":"\\u0000"}"#).status == 200)
    }

    @Test(arguments: ["\u{200B}", "\u{3000}\u{A0}", "\u{FEFF}", "\u{AD}", "\u{3164}", " \t\n "]) func textOfNothingVisibleIsEmpty(
        _ name: String
    ) async throws {
        let answer = try await echo().send(.post, "/fields", json: named(name))
        #expect(answer.status == 400 && answer.json["error"]?.stringValue == "name must not be empty")
    }

    @Test(arguments: ["a\u{7}b", "a\nb", "a\u{85}b", "a\u{7F}"]) func controlCharactersAreRefused(_ name: String) async throws {
        let answer = try await echo().send(.post, "/fields", json: named(name))
        #expect(answer.status == 400 && answer.json["error"]?.stringValue == "name must not contain control characters")
    }

    @Test func textIsKeptInOneForm() async throws {
        let json = named("\u{A0}\u{1112}\u{1161}\u{11AB}\u{200B}", text: "one\ntwo\t3")
        let answer = try await echo().send(.post, "/fields", json: json)
        #expect(answer.status == 200)
        #expect(answer.json["name"]?.stringValue.map { Array($0.unicodeScalars) } == ["\u{D55C}"])
        #expect(answer.json["text"]?.stringValue == "one\ntwo\t3")
    }

    @Test(arguments: ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01", "0000-06-01T00:00:00Z"]) func yearsNobodyCanWrite(
        _ time: String
    ) async throws {
        let answer = try await echo().post("/fields", json: #"{"name":"a","at":"\#(time)"}"#)
        #expect(answer.status == 400 && answer.json["error"]?.stringValue == "at must be in the years 1 to 9999 UTC")
    }

    @Test(arguments: ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"]) func theFirstAndTheLastSecond(_ time: String) async throws {
        let answer = try await echo().post("/fields", json: #"{"name":"a","at":"\#(time)"}"#)
        #expect(answer.status == 200 && answer.json["at"]?.stringValue == time)
    }

    @Test func searchesAreCleaned() async throws {
        #expect(try await echo().get("/search?q=%E2%80%8B%C2%A0").json["q"]?.stringValue == "none")
        #expect(try await echo().get("/search?q=a%07b").status == 400)
        let hangul = try await echo().get("/search?q=%E1%84%92%E1%85%A1%E1%86%AB").json["q"]?.stringValue
        #expect(hangul.map { Array($0.unicodeScalars) } == ["\u{D55C}"])
    }

    @Test(arguments: [
        ("203.0.113.7:51234", "203.0.113.7"), ("[2001:db8::7]:443", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::7", "2001:db8::7"), ("::ffff:203.0.113.7", "203.0.113.7"), ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
        ("\"[2001:db8::7]:443\"", "2001:db8::7"), ("fe80::1%eth0", "fe80::1"),
    ])
    func addressesAsProxiesSpellThem(_ entry: String, _ host: String) {
        #expect(ClientAddressReader.read(entry)?.host == host)
    }

    @Test(arguments: [
        "unknown", "_hidden", "203.0.113.7:", "203.0.113.7:http", "203.0.113.7:70000", "[203.0.113.7]", "[2001:db8::7", "[::1]x", "",
    ])
    func whatIsNoAddress(_ entry: String) { #expect(ClientAddressReader.read(entry) == nil) }
}

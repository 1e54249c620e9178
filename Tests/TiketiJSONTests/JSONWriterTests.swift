// The writer: commas, escapes, numbers, money; and that whatever it writes the strict reader reads back.

import Testing
import TiketiJSON
import TiketiNet

@testable import TiketiCore

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.finish(), as: UTF8.self)
    }

    @Test func nestedContainers() {
        let written = text {
            $0.object {
                $0.member("success", true)
                $0.array("seats", [1, 2]) { writer, number in writer.object { $0.member("id", number) } }
                $0.array("none", [Int]()) { $0.value($1) }
                $0.object("empty") { _ in }
                $0.array("texts", ["a", "b"]) { $0.value($1) }
                $0.null("nothing")
                $0.member("missing", nil as String?)
                $0.key("dyn\"amic" as String)
                $0.value(1)
                $0.member("raw", raw: Array("{\"x\":1}".utf8))
                $0.member("last", 2)
            }
        }
        #expect(
            written
                == #"{"success":true,"seats":[{"id":1},{"id":2}],"none":[],"empty":{},"texts":["a","b"],"#
                + #""nothing":null,"missing":null,"dyn\"amic":1,"raw":{"x":1},"last":2}"#
        )
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("a\"b\\c/d", #""a\"b\\c/d""#),
        ("\n\r\t\u{8}\u{C}\u{0}\u{1F}\u{7F}", "\"\\n\\r\\t\\b\\f\\u0000\\u001f\u{7F}\""),
        ("아이유 😀", #""아이유 😀""#),
        ("a rather long text without anything special in it", #""a rather long text without anything special in it""#),
    ])
    func strings(input: String, expected: String) {
        #expect(text { $0.value(input) } == expected)
    }

    @Test func everyByteRoundTrips() throws {
        for scalar in 0..<0x250 {
            for padding in 0..<9 {
                let input = String(repeating: "x", count: padding) + String(UnicodeScalar(UInt32(scalar)) ?? "?") + "yz"
                var writer = JSONWriter()
                writer.value(input)
                #expect(try JSONValue.parse(writer.finish()) == .string(input))
            }
        }
    }

    @Test(
        arguments: [
            (0, "0"), (7, "7"), (10, "10"), (-1, "-1"), (99_999, "99999"), (100_000, "100000"), (Int64.max, "9223372036854775807"),
            (Int64.min, "-9223372036854775808"),
        ] as [(Int64, String)])
    func integers(number: Int64, expected: String) {
        #expect(text { $0.value(number) } == expected)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "1"), (-2, "-2"), (45.5, "45.5"), (0.1, "0.1"), (1e300, "1e+300"), (150_000, "150000"), (.nan, "null"),
            (.infinity, "null"),
        ] as [(Double, String)])
    func doubles(number: Double, expected: String) {
        #expect(text { $0.value(number) } == expected)
    }

    @Test(
        arguments: [
            (15_000_000, "150000"), (0, "0"), (5, "0.05"), (50, "0.5"), (1205, "12.05"), (-1250, "-12.5"), (-5, "-0.05"),
        ] as [(Int64, String)])
    func money(hundredths: Int64, expected: String) {
        #expect(text { $0.money(hundredths: hundredths) } == expected)
    }

    @Test func idsAndTimes() throws {
        let id = try #require(UUID("0188D2C4-1111-4222-8333-444455556666"))
        let time = try #require(Timestamp(rfc3339: "2026-03-15T19:00:00Z"))
        let written = text {
            $0.object {
                $0.member("id", id)
                $0.member("at", time)
                $0.member("ids", [id])
                $0.member("role", Role.admin)
            }
        }
        #expect(
            written
                == #"{"id":"0188d2c4-1111-4222-8333-444455556666","at":"2026-03-15T19:00:00Z","#
                + #""ids":["0188d2c4-1111-4222-8333-444455556666"],"role":"admin"}"#
        )
    }

    @Test func numbersInEveryForm() throws {
        let value = try JSONValue.parse(Array(#"{"a":[1,2.5e3,-0,true,null],"b":{"c":"\u00e9\n\ud83d\ude00"}}"#.utf8))
        #expect(try JSONValue.parse(value.encoded) == value)
    }

    @Test func valueRoundTrip() throws {
        let source = #"{"a":[1,2.5,"x\n",null,true,{"b":[]}],"c":-9,"d":"é"}"#
        let value = try JSONValue.parse(Array(source.utf8))
        #expect(String(decoding: value.encoded, as: UTF8.self) == source)
    }
}

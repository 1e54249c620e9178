// The strict reader against RFC 8259: what is valid reads exactly, what is not is refused with its reason.

import Testing
import TiketiJSON

@testable import TiketiCore

@Suite struct JSONReaderTests {
    private func parse(_ text: String, _ limits: JSONLimits = .default) throws(JSONError) -> JSONValue {
        try JSONValue.parse(Array(text.utf8), limits: limits)
    }

    @Test(arguments: [
        ("null", JSONValue.null), ("true", .bool(true)), (" false ", .bool(false)), ("0", .integer(0)), ("-0", .integer(0)),
        ("-0.0", .integer(0)), ("9007199254740992.0", .number(9_007_199_254_740_992)),
        ("-17", .integer(-17)), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.5", .number(1.5)), ("1e2", .integer(100)), ("2E-1", .number(0.2)),
        ("\"\"", .string("")), ("\"a\\u0041\\n\\\"\\\\\\/\\b\\f\\r\\t\"", .string("aA\n\"\\/\u{8}\u{C}\r\t")),
        ("\"\\ud83d\\ude00\"", .string("😀")), ("\"아이유 — naïve\"", .string("아이유 — naïve")), ("\"\\u0000\"", .string("\0")),
        ("[]", .array([])),
        ("[1,[2,{}]]", .array([.integer(1), .array([.integer(2), .object([])])])),
        ("{\"a\":1,\"b\":[true,null]}", .object([.init("a", .integer(1)), .init("b", .array([.bool(true), .null]))])),
        ("\t\r\n {\"a\" : \"b\" }\n", .object([.init("a", .string("b"))])),
    ])
    func valid(text: String, expected: JSONValue) throws {
        #expect(try parse(text) == expected)
    }

    @Test(arguments: [
        ("", JSONError.Code.unexpectedEnd), (" ", .unexpectedEnd), ("nul", .unexpectedEnd), ("nulL", .unexpectedByte),
        ("True", .unexpectedByte),
        ("01", .invalidNumber), ("-", .unexpectedEnd), ("-a", .invalidNumber), ("+1", .unexpectedByte), (".5", .unexpectedByte),
        ("1.", .unexpectedEnd), ("1.e5", .invalidNumber), ("1e", .unexpectedEnd), ("1e+", .unexpectedEnd), ("0x10", .trailingBytes),
        ("1e999", .invalidNumber), ("NaN", .unexpectedByte), ("Infinity", .unexpectedByte), ("-Infinity", .invalidNumber),
        ("[1,]", .unexpectedByte),
        ("[,1]", .unexpectedByte), ("[1 2]", .unexpectedByte), ("[", .unexpectedEnd), ("[1", .unexpectedEnd), ("]", .unexpectedByte),
        ("{", .unexpectedEnd), ("{\"a\"}", .unexpectedByte), ("{\"a\":}", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte),
        ("{a:1}", .unexpectedByte),
        ("{'a':1}", .unexpectedByte), ("{\"a\":1 \"b\":2}", .unexpectedByte), ("{1:2}", .unexpectedByte),
        ("{\"a\":1,\"a\":2}", .duplicateKey),
        ("{\"a\":1,\"\\u0061\":2}", .duplicateKey), ("\"", .unexpectedEnd), ("\"a", .unexpectedEnd), ("\"\\", .unexpectedEnd),
        ("\"\\x\"", .invalidEscape),
        ("\"\\u12\"", .invalidEscape), ("\"\\u12G4\"", .invalidEscape), ("\"\\ud83d\"", .loneSurrogate), ("\"\\ud83d\\n\"", .loneSurrogate),
        ("\"\\ude00\"", .loneSurrogate), ("\"\\ud83d\\ud83d\"", .loneSurrogate), ("\"a\nb\"", .controlCharacter),
        ("\"a\tb\"", .controlCharacter),
        ("\"\u{1}\"", .controlCharacter), ("1 2", .trailingBytes), ("{}x", .trailingBytes), ("\u{FEFF}{}", .unexpectedByte),
        ("/**/1", .unexpectedByte),
        ("\u{A0}1", .unexpectedByte), ("\u{0C}1", .unexpectedByte),
    ])
    func invalid(text: String, code: JSONError.Code) {
        #expect { try parse(text) } throws: { ($0 as? JSONError)?.code == code }
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xFF, 0x22],
        ] as [[UInt8]])
    func brokenUTF8(bytes: [UInt8]) {
        #expect { try JSONValue.parse(bytes) } throws: { ($0 as? JSONError)?.code == .invalidUTF8 }
    }

    @Test func specialsAtEveryOffset() throws {
        // The scanner looks at eight bytes at once: each special byte at each place, with neighbours that a borrow could mark.
        for length in 0..<20 {
            for neighbour in ["!", "#", "[", "]", " ", "~", "é"] {
                let text = String(repeating: neighbour, count: length)
                #expect(try parse("\"\(text)\"") == .string(text))
                #expect(try parse("\"\(text)\\\\\(neighbour)\"") == .string(text + "\\" + neighbour))
                #expect(throws: JSONError.self) { try parse("\"\(text)\u{1F}\(neighbour)\"") }
            }
        }
    }

    @Test func limits() throws {
        let deep = JSONLimits(depth: 3)
        #expect(try parse("[[[1]]]", deep).arrayValue?.count == 1)
        #expect(throws: JSONError(.tooDeep, at: 3)) { try parse("[[[[1]]]]", deep) }
        #expect(throws: JSONError(.tooDeep, at: 15)) { try parse("{\"a\":{\"a\":{\"a\":{}}}}", deep) }
        #expect(throws: JSONError(.tooLarge, at: 4)) { try parse("12345", JSONLimits(bytes: 4)) }
        #expect { try parse("[1,2,3]", JSONLimits(values: 3)) } throws: { ($0 as? JSONError)?.code == .tooManyValues }
        #expect { try parse("{\"a\":1,\"b\":2}", JSONLimits(members: 1)) } throws: { ($0 as? JSONError)?.code == .tooManyMembers }
        let long = String(repeating: "1", count: 65)
        for text in [long, "0." + long, "1e" + long] {
            #expect { try parse(text) } throws: { ($0 as? JSONError)?.code == .numberTooLong }
        }
    }

    @Test func manyMembersAndLateDuplicate() throws {
        let members = (0..<500).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let value = try parse("{\(members)}")
        #expect(value["key499"] == .integer(499))
        #expect { try parse("{\(members),\"key3\":1}") } throws: { ($0 as? JSONError)?.code == .duplicateKey }
        #expect { try parse("{\(members),\"key499\":1}") } throws: { ($0 as? JSONError)?.code == .duplicateKey }
    }

    @Test func accessors() throws {
        let value = try parse("{\"n\":3.0,\"t\":\"x\",\"b\":true,\"a\":[1,2],\"z\":null,\"f\":1.5}")
        #expect(value["n"]?.intValue == 3)
        #expect(value["f"]?.intValue == nil)
        #expect(value["f"]?.doubleValue == 1.5)
        #expect(value["t"]?.stringValue == "x")
        #expect(value["a"]?[1]?.intValue == 2)
        #expect(value["a"]?[2] == nil)
        #expect(value["z"] == .null)
        #expect(value["missing"] == nil)
    }
}

// The walker that builds nothing: it accepts exactly what the reader of values accepts in form, and finds elements and placeholders.
import Testing

@testable import TiketiJSON

@Suite struct JSONScannerTests {
    private func elements(_ text: String) throws(JSONError) -> [String] {
        let bytes = Array(text.utf8)
        return try JSONScanner.array(bytes).ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test func elementsAreSlicesOfTheText() throws {
        #expect(try elements("[]") == [])
        #expect(try elements(" [ \"a\" , {\"b\" : [1, 2]} ,-1.5e3, null ] ") == ["\"a\"", "{\"b\" : [1, 2]}", "-1.5e3", "null"])
        #expect(try elements("[[],[[1]],{}]") == ["[]", "[[1]]", "{}"])
    }

    @Test func whatIsNoArrayIsRefusedAtItsPlace() {
        for (text, code, offset) in [
            ("", JSONError.Code.unexpectedEnd, 0), ("{}", .unexpectedByte, 0), ("[1", .unexpectedEnd, 2), ("[1,]", .invalidNumber, 3),
            ("[1]x", .trailingBytes, 3), ("[01]", .invalidNumber, 1), ("[\"\\x\"]", .invalidEscape, 3),
            ("[\"\u{1}\"]", .controlCharacter, 2),
        ] {
            #expect(throws: JSONError(code, at: offset), "\(text)") { try elements(text) }
        }
    }

    @Test func placeholdersAreFoundWhereverTheyAre() throws {
        func placeholders(_ text: String) throws -> [Int] { try JSONScanner.array(Array(text.utf8)).placeholders }
        #expect(try placeholders("[{\"_placeholder\":true,\"num\":0},[{\"a\":{\"num\":12,\"_placeholder\":true}}]]") == [0, 12])
        #expect(try placeholders("[{\"_placeholder\":false,\"num\":0},{\"num\":1},{\"_placeholder\":\"true\",\"num\":1}]") == [])
        // Numbers that name no attachment are kept, so that the packet is refused.
        for number in ["\"0\"", "0.0", "1e0", "null", "[0]", "99999999999999999999"] {
            #expect(try placeholders("[{\"_placeholder\":true,\"num\":\(number)}]") == [-1], "\(number)")
        }
        #expect(try placeholders("[{\"_placeholder\":true,\"num\":-3}]") == [-3])
        #expect(try placeholders("[{\"_placeholder\":true}]") == [-1])
    }

    @Test func depthIsCountedInOpenContainers() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(try JSONScanner.array(nested(JSONScanner.maximumDepth)).ranges.count == 1)
        #expect { try JSONScanner.array(nested(JSONScanner.maximumDepth + 1)) } throws: { ($0 as? JSONError)?.code == .tooDeep }
        // Siblings do not add up.
        let wide = "[" + Array(repeating: "[[[]]]", count: 200).joined(separator: ",") + "]"
        #expect(try elements(wide).count == 200)
    }

    /// Both layers stand on one tokenizer: what differs is limits, names, UTF-8 and surrogates, and none of these is here.
    @Test func agreesWithTheReaderOfValues() {
        let alphabet = Array("[]{}\",:0123456789-+.eE \\nutrfalse".utf8)
        var generator = SystemRandomNumberGenerator()
        var accepted = 0
        for _ in 0..<200_000 {
            let text =
                [UInt8(ascii: "[")] + (0..<Int.random(in: 0..<9, using: &generator)).map { _ in alphabet.randomElement() ?? 0 } + [
                    UInt8(ascii: "]")
                ]
            let value: Bool
            do throws(JSONError) {
                _ = try JSONValue.parse(text)
                value = true
            } catch {
                if error.code == .loneSurrogate || error.code == .duplicateKey { continue }
                // A number beyond Double's range is one only to who builds it.
                if error.code == .invalidNumber, (try? JSONScanner.array(text)) != nil,
                    text.contains(UInt8(ascii: "e")) || text.contains(UInt8(ascii: "E"))
                {
                    continue
                }
                value = false
            }
            let scan = (try? JSONScanner.array(text)) != nil
            if value != scan { Issue.record("\(String(decoding: text, as: UTF8.self)): value \(value), scanner \(scan)") }
            if scan { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    @Test func stringsOfLiterals() {
        func string(_ text: String) -> String? {
            let bytes = Array(text.utf8)
            return JSONScanner.string(bytes, bytes.indices)
        }
        #expect(string("\"plain\"") == "plain")
        #expect(string("\"\\u00e9\\n\\/\\ud83d\\ude00\"") == "é\n/😀")
        #expect(string("\"a\\ud83d\\u0041\"") == "a\u{FFFD}A")
        #expect(string("\"\\ude00\\ud83d\"") == "\u{FFFD}\u{FFFD}")
        #expect(string("12") == nil)
        #expect(string("") == nil)
    }
}

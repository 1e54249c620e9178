// Gzip files, and who takes them.
import Testing

@testable import TiketiNet

@Suite struct GzipTests {
    @Test func whatGetsShorterIsCompressed() throws {
        let text = Array(String(repeating: "seat ", count: 2_000).utf8)
        for level in [1, 6, 9] as [Int32] {
            let packed = try #require(Gzip.compress(text, level: level))
            // RFC 1952 2.3.1: magic and method; at the end the length, least significant byte first.
            #expect(packed.prefix(3) == [0x1F, 0x8B, 8] && packed.count < text.count / 20)
            #expect(packed.suffix(4) == [0x10, 0x27, 0, 0])
        }
    }

    @Test func whatDoesNotIsLeft() {
        var state: UInt64 = 7
        let noise = (0..<4_096).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        #expect(Gzip.compress(noise) == nil && Gzip.compress([]) == nil && Gzip.compress([1]) == nil)
    }

    @Test func whoTakesIt() {
        let fields: [(String?, Bool)] = [
            (nil, false), ("", false), ("gzip", true), ("GZip", true), ("x-gzip", true), ("deflate, gzip;q=0.5", true),
            ("br;q=1.0, *", true),
            ("gzip;q=0", false), ("gzip; q=0.000", false), ("*;q=0", false), ("gzip;q=0, *", false), ("identity", false),
            ("gzipped", false),
        ]
        for (field, expected) in fields { #expect(Gzip.isAccepted(by: field) == expected, "\(field ?? "nil")") }
    }
}

// The chunked coding: any split gives the same bytes, and nothing but RFC 9112 §7.1 is accepted.
import Testing

@testable import TiketiNet

@Suite struct ChunkedDecoderTests {
    /// Decodes the pieces; the decoded bytes, what was left unused, and whether the end was seen.
    private func decode(_ pieces: [ArraySlice<UInt8>]) throws -> (text: String, unused: Int, done: Bool) {
        var decoder = ChunkedDecoder()
        var output: [UInt8] = []
        var unused = 0
        for piece in pieces {
            let used = try piece.withUnsafeBytes { try decoder.decode($0, into: &output) }
            unused += piece.count - used
        }
        return (String(decoding: output, as: UTF8.self), unused, decoder.isDone)
    }

    private func decode(_ text: String) throws -> (text: String, unused: Int, done: Bool) { try decode([Array(text.utf8)[...]]) }

    static let sample = "5\r\nhello\r\n6;name=\"v;\" ; b\r\n world\r\n00A \r\n0123456789\r\n0\r\nTrailer: x\r\nContent-Length: 5\r\n\r\nGET"

    @Test func wholeAndBytewise() throws {
        let whole = try decode(Self.sample)
        #expect(whole.text == "hello world0123456789")
        #expect(whole.unused == 3)
        #expect(whole.done)
        let bytes = Array(Self.sample.utf8)
        let single = try decode(bytes.indices.map { bytes[$0...$0] })
        #expect(single.text == "hello world0123456789")
        #expect(single.unused == 3)
    }

    @Test func randomSplits() throws {
        let bytes = Array(Self.sample.utf8)
        for _ in 0..<500 {
            let cuts = Set((0..<4).map { _ in Int.random(in: 1..<bytes.count) }).sorted()
            let edges = [0] + cuts + [bytes.count]
            let result = try decode(zip(edges, edges.dropFirst()).map { bytes[$0..<$1] })
            #expect(result.text == "hello world0123456789")
            #expect(result.unused == 3)
        }
    }

    @Test func outputLimitPausesWithoutLosingBytes() throws {
        var decoder = ChunkedDecoder()
        let bytes = Array("a\r\n0123456789\r\n0\r\n\r\n".utf8)
        var output: [UInt8] = []
        let used = try bytes.withUnsafeBytes { try decoder.decode($0, into: &output, limit: 4) }
        #expect(output == Array("0123".utf8))
        #expect(used == 7)
        let rest = try bytes[used...].withUnsafeBytes { try decoder.decode($0, into: &output) }
        #expect(output.count == 10)
        #expect(used + rest == bytes.count)
        #expect(decoder.isDone)
    }

    @Test(arguments: [
        "\r\n", "g\r\n", " 5\r\nhello\r\n", "5\nhello\r\n", "5\rhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\rX",
        "-1\r\n", "+1\r\n", "0x5\r\n",
        "5;a\nb\r\n", "5;a\u{0}\r\n", "5 \r5", "5,\r\n", "1000000000000000\r\n", "0\r\nbad\u{1}: x\r\n\r\n", "0\r\nBad Trailer\r\n\r\n",
        "0\r\nBad\r\n\r\n", "0\r\nBad : x\r\n\r\n", "0\r\n folded\r\n\r\n",
        "0\r\nT: x\n\r\n", "0\r\n\n", "0\r\n\rX",
        "5;\(String(repeating: "x", count: 20_000))\r\n", "0\r\nT: \(String(repeating: "x", count: 9_000))\r\n\r\n",
    ]) func malformed(_ text: String) {
        #expect(throws: HTTPBodyError.malformed) { try decode(text) }
    }

    /// One byte of data for hundreds of framing is an attack, many honest small chunks are not.
    @Test func overheadIsBounded() throws {
        let fat = String(repeating: "1;\(String(repeating: "x", count: 200))\r\na\r\n", count: 200)
        #expect(throws: HTTPBodyError.malformed) { try decode(fat) }
        let small = String(repeating: "8\r\n01234567\r\n", count: 20_000) + "0\r\n\r\n"
        #expect(try decode(small).text.utf8.count == 160_000)
    }

    @Test func emptyBody() throws {
        let result = try decode("0\r\n\r\n")
        #expect(result.done && result.text.isEmpty)
    }
}

import Testing

@testable import TiketiNet

/// Feeds `bytes` in pieces of the given sizes (the last repeats) and returns all events, or the error.
private func decode(
    _ bytes: [UInt8], pieces: [Int] = [.max], role: WebSocketDecoder.Role = .server, compression: Bool = false,
    _ configure: (inout WebSocketConfiguration) -> Void = { _ in }
) -> (events: [WebSocketEvent], error: WebSocketError?) {
    var configuration = WebSocketConfiguration()
    configure(&configuration)
    var decoder = WebSocketDecoder(role: role, configuration: configuration, compression: compression)
    var events: [WebSocketEvent] = []
    var start = 0
    var piece = 0
    while start < bytes.count {
        let size = min(pieces[min(piece, pieces.count - 1)], bytes.count - start)
        piece += 1
        let chunk = Array(bytes[start..<start + size])
        start += size
        var offset = 0
        do throws(WebSocketError) {
            while let event = try decoder.next(chunk.span, &offset) { events.append(event) }
        } catch {
            return (events, error)
        }
        #expect(offset == chunk.count)
    }
    return (events, nil)
}

private func masked(_ opcode: WebSocketOpcode, _ payload: [UInt8], final: Bool = true, compressed: Bool = false) -> [UInt8] {
    WebSocketEncoder.frame(opcode, payload, final: final, compressed: compressed, mask: UInt32.random(in: 1 ... .max))
}

@Suite struct WebSocketDecoderTests {
    @Test func examplesOfTheRFC() {
        // RFC 6455 §5.7.
        #expect(decode([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], role: .client).events == [.message(.text("Hello"))])
        #expect(decode([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]).events == [.message(.text("Hello"))])
        #expect(decode([0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f], role: .client).events == [.message(.text("Hello"))])
        #expect(decode([0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]).events == [.pong(Array("Hello".utf8))])
    }

    @Test func everySplitGivesTheSameEvents() {
        var bytes: [UInt8] = []
        var expected: [WebSocketEvent] = []
        for size in [0, 1, 3, 7, 8, 9, 125, 126, 127, 1000, 65535, 65536, 70000] {
            let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            bytes += masked(.binary, payload)
            expected.append(.message(.binary(payload)))
        }
        let text = "좌석이 예약되었습니다 🎫 seat"
        let utf8 = Array(text.utf8)
        for (index, byte) in utf8.enumerated() {
            bytes += masked(index == 0 ? .text : .continuation, [byte], final: false)
            if index % 5 == 0 {
                bytes += masked(.ping, [UInt8(index)])
                expected.append(.ping([UInt8(index)]))
            }
        }
        bytes += masked(.continuation, [])
        expected.append(.message(.text(text)))
        bytes += masked(.close, WebSocketEncoder.closePayload(.normal, "bye"))
        expected.append(.close(code: .normal, reason: "bye"))

        #expect(decode(bytes).events == expected)
        #expect(decode(bytes, pieces: [1]).events == expected)
        for _ in 0..<50 {
            let pieces = (0..<400).map { _ in Int.random(in: 1...(Bool.random() ? 9 : 5000)) }
            #expect(decode(bytes, pieces: pieces).events == expected)
        }
    }

    @Test func closeCodes() {
        for raw in [UInt16(0), 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            let frame = masked(.close, [UInt8(raw >> 8), UInt8(raw & 255)])
            #expect(decode(frame).error?.code == .protocolError, "code \(raw)")
        }
        for raw in [UInt16(1000), 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999] {
            let frame = masked(.close, [UInt8(raw >> 8), UInt8(raw & 255)])
            #expect(decode(frame).events == [.close(code: WebSocketCloseCode(raw), reason: "")])
        }
        #expect(decode(masked(.close, [])).events == [.close(code: nil, reason: "")])
        #expect(decode(masked(.close, [3])).error?.code == .protocolError)
        #expect(decode(masked(.close, [3, 232, 0xff])).error?.code == .invalidUTF8)
    }

    @Test func violations() {
        #expect(decode([0x81, 0x00]).error?.code == .protocolError)  // unmasked from a client
        #expect(decode([0x81, 0x80, 0, 0, 0, 0], role: .client).error?.code == .protocolError)  // masked from a server
        #expect(decode([0xc1, 0x80]).error?.code == .protocolError)  // RSV1 not negotiated
        #expect(decode([0xa1, 0x80]).error?.code == .protocolError)
        #expect(decode([0x91, 0x80]).error?.code == .protocolError)
        #expect(decode([0xc9, 0x80], compression: true).error?.code == .protocolError)  // RSV1 on a control frame
        for opcode in [UInt8(3), 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            #expect(decode([0x80 | opcode, 0x80]).error?.code == .protocolError)
        }
        #expect(decode([0x09, 0x80]).error?.code == .protocolError)  // fragmented ping
        #expect(decode([0x89, 0xfe, 0, 126]).error?.code == .protocolError)  // long ping
        #expect(decode(masked(.continuation, [1])).error?.code == .protocolError)
        #expect(decode(masked(.text, [65], final: false) + masked(.text, [65])).error?.code == .protocolError)
        #expect(decode([0x82, 0xfe, 0, 125, 1, 2, 3, 4]).error?.code == .protocolError)  // length not minimal
        #expect(decode([0x82, 0xff, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4]).error?.code == .protocolError)
        #expect(decode([0x82, 0xff, 128, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]).error?.code == .protocolError)
    }

    @Test func limits() {
        let limited: (inout WebSocketConfiguration) -> Void = {
            $0.maximumMessageBytes = 100
            $0.maximumFragments = 10
        }
        #expect(decode(masked(.binary, [UInt8](repeating: 0, count: 100)), limited).events.count == 1)
        #expect(decode(masked(.binary, [UInt8](repeating: 0, count: 101)), limited).error?.code == .tooBig)
        // The head alone is enough to refuse; nothing is allocated for it.
        #expect(decode([0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4], limited).error?.code == .tooBig)
        let half = [UInt8](repeating: 0, count: 60)
        #expect(decode(masked(.binary, half, final: false) + masked(.continuation, half), limited).error?.closeCode == .tooBig)
        var fragments = masked(.binary, [], final: false)
        for _ in 0..<10 { fragments += masked(.continuation, [], final: false) }
        #expect(decode(fragments, limited).error?.code == .tooManyFragments)
    }

    @Test func invalidTextIsFoundAtOnceAndAcrossFragments() {
        let bad: [[UInt8]] = [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF5], [0xFF], [0xE2, 0x28, 0xA1], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x8E],
        ]
        for sequence in bad {
            #expect(!UTF8Validator.isValid(sequence))
            #expect(decode(masked(.text, Array("abc".utf8) + sequence)).error?.code == .invalidUTF8, "\(sequence)")
            var fragments: [UInt8] = []
            for (index, byte) in sequence.enumerated() {
                fragments += masked(index == 0 ? .text : .continuation, [byte], final: false)
            }
            fragments += masked(.continuation, [])
            #expect(decode(fragments, pieces: [1]).error?.code == .invalidUTF8, "\(sequence)")
        }
    }

    @Test func validatorAgreesWithTheStandardLibrary() {
        for _ in 0..<20000 {
            let bytes = (0..<Int.random(in: 0...12)).map { _ in
                [UInt8(0x41), 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4, 0x8F, 0xEF].randomElement()!
            }
            let padded = [UInt8](repeating: 0x20, count: Int.random(in: 0...9)) + bytes
            #expect(UTF8Validator.isValid(padded) == (String(validating: padded, as: UTF8.self) != nil))
        }
    }

    @Test func garbageNeverTraps() {
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: 0...255) }
            _ = decode(bytes, pieces: [Int.random(in: 1...10)], compression: true) { $0.maximumMessageBytes = 1000 }
        }
    }

    @Test func maskMatchesTheDefinition() {
        for count in 0..<40 {
            for phase in 0..<4 {
                var bytes = (0..<count).map { UInt8($0) }
                let key: [UInt8] = [1, 2, 4, 8]
                let expected = bytes.enumerated().map { $0.element ^ key[(phase + $0.offset) % 4] }
                bytes.withUnsafeMutableBytes { WebSocketMask.apply($0, key: 0x0804_0201, phase: phase) }
                #expect(bytes == expected)
            }
        }
    }
}

@Suite struct WebSocketDeflateTests {
    @Test func roundTripAndSplits() {
        var options = WebSocketDeflateOptions()
        options.minimumBytes = 1
        let text = String(repeating: "{\"seatId\":\"00000000-0000-0000-0000-000000000000\",\"상태\":\"locked\"}", count: 200)
        let body = WebSocketDeflate.compress(Array(text.utf8), options)!
        #expect(body.count < text.utf8.count / 10)
        let whole = masked(.text, body, compressed: true)
        let parts =
            masked(.text, Array(body[..<10]), final: false, compressed: true) + masked(.ping, [])
            + masked(.continuation, Array(body[10...]))
        for pieces in [[Int.max], [1], [3, 7, 50]] {
            #expect(decode(whole + whole, pieces: pieces, compression: true).events == [.message(.text(text)), .message(.text(text))])
            #expect(decode(parts, pieces: pieces, compression: true).events == [.ping([]), .message(.text(text))])
        }
    }

    @Test func bombIsCutAtTheLimit() {
        var options = WebSocketDeflateOptions()
        options.minimumBytes = 1
        let body = WebSocketDeflate.compress([UInt8](repeating: 65, count: 5_000_000), options)!
        #expect(decode(masked(.text, body, compressed: true), compression: true).error?.code == .tooBig)
    }

    @Test func exampleOfTheRFC() {
        // RFC 7692 §7.2.3.1 and §7.2.3.4 (final block first).
        #expect(
            decode([0xc1, 0x07, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], role: .client, compression: true).events == [
                .message(.text("Hello"))
            ])
        #expect(
            decode([0xc1, 0x08, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00], role: .client, compression: true).events == [
                .message(.text("Hello"))
            ])
        #expect(decode(masked(.binary, [0xff, 0xff, 0xff], compressed: true), compression: true).error?.code == .badDeflate)
    }

    @Test func negotiation() {
        let answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        #expect(WebSocketDeflate.negotiate(offers: ["permessage-deflate"]) == answer)
        #expect(WebSocketDeflate.negotiate(offers: ["permessage-deflate; client_max_window_bits"]) == answer)
        #expect(WebSocketDeflate.negotiate(offers: ["x-other, permessage-deflate; client_max_window_bits=10"]) == answer)
        #expect(WebSocketDeflate.negotiate(offers: ["permessage-deflate; server_max_window_bits=10, permessage-deflate"]) == answer)
        for refused in [
            "permessage-deflate; server_max_window_bits=10", "permessage-deflate; unknown", "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; server_no_context_takeover=1", "deflate-frame", "",
        ] {
            #expect(WebSocketDeflate.negotiate(offers: [refused]) == nil, "\(refused)")
        }
    }
}

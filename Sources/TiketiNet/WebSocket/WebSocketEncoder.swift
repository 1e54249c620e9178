// Frame writer (RFC 6455 §5.2): pure, minimal length encodings, one array per frame or appended to a batch.

/// Frames as RFC 6455 §5.2 lays them out, with the shortest form of the length.
public enum WebSocketEncoder {
    /// One whole frame. Servers send unmasked; clients pass a fresh random `mask`.
    public static func frame(
        _ opcode: WebSocketOpcode, _ payload: [UInt8], final: Bool = true, compressed: Bool = false, mask: UInt32? = nil
    ) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(payload.count + 14)
        append(opcode, payload.span, to: &output, final: final, compressed: compressed, mask: mask)
        return output
    }

    /// Appends one frame to `output`.
    public static func append(
        _ opcode: WebSocketOpcode, _ payload: Span<UInt8>, to output: inout [UInt8], final: Bool = true, compressed: Bool = false,
        mask: UInt32? = nil
    ) {
        let count = payload.count
        output.append((final ? 0x80 : 0) | (compressed ? 0x40 : 0) | opcode.rawValue)
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        if count < 126 {
            output.append(maskBit | UInt8(count))
        } else if count <= 0xFFFF {
            output.append(maskBit | 126)
            output.append(UInt8(count >> 8))
            output.append(UInt8(count & 0xFF))
        } else {
            output.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { output.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        if let mask {
            for shift in stride(from: 0, through: 24, by: 8) { output.append(UInt8(truncatingIfNeeded: mask >> UInt32(shift))) }
        }
        let start = output.count
        payload.withUnsafeBufferPointer { output.append(contentsOf: $0) }
        if let mask {
            output.withUnsafeMutableBytes { WebSocketMask.apply(.init(rebasing: $0[start...]), key: mask, phase: 0) }
        }
    }

    /// The payload of a close frame: empty without a code; the reason is cut to the 123 bytes that fit, on a character boundary (§5.5.1).
    public static func closePayload(_ code: WebSocketCloseCode?, _ reason: String = "") -> [UInt8] {
        guard let code, code.isAllowedOnWire else { return [] }
        var payload = [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)]
        for character in reason {
            if payload.count + character.utf8.count > 125 { break }
            payload.append(contentsOf: character.utf8)
        }
        return payload
    }
}

// JSON strings (RFC 8259 §7) written into the middle of other bytes: packets and the JSON form of MessagePack.

/// Appends JSON strings to bytes that are not a `JSONWriter`'s.
package enum JSONText {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func append(_ string: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: output.append(contentsOf: "\\n".utf8)
            case 0x0D: output.append(contentsOf: "\\r".utf8)
            case 0x09: output.append(contentsOf: "\\t".utf8)
            case 0..<0x20: output.append(contentsOf: Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    package static func literal(_ string: String) -> [UInt8] {
        var output: [UInt8] = []
        append(string, to: &output)
        return output
    }
}

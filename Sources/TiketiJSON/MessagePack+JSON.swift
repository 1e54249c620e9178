// MessagePack and JSON into each other: binary values are placeholders with attachments on the JSON side.
import TiketiBase

extension MessagePackValue {
    /// Appends this value as JSON; binary values go to `attachments` and leave a placeholder.
    package func appendJSON(to output: inout [UInt8], _ attachments: inout [[UInt8]]) {
        switch self {
        case .null, .extended(_, _):
            if case .extended(0, let bytes) = self, bytes.count == 8 {
                Self.appendDate(bytes, to: &output)
            } else {
                output.append(contentsOf: "null".utf8)
            }
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): output.append(contentsOf: String(value).utf8)
        case .unsigned(let value): output.append(contentsOf: String(value).utf8)
        case .double(let value):
            // JSON has no NaN or infinity: JSON.stringify writes null.
            let text = value.isFinite ? (Int64(exactly: value).map(String.init) ?? value.description) : "null"
            output.append(contentsOf: text.utf8)
        case .string(let text): JSONText.append(text, to: &output)
        case .binary(let bytes):
            output.append(contentsOf: "{\"_placeholder\":true,\"num\":\(attachments.count)}".utf8)
            attachments.append(bytes)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.appendJSON(to: &output, &attachments)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let pairs):
            output.append(UInt8(ascii: "{"))
            for (index, pair) in pairs.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                JSONText.append(pair.0, to: &output)
                output.append(UInt8(ascii: ":"))
                pair.1.appendJSON(to: &output, &attachments)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// A notepack Date: milliseconds since the epoch as a big-endian Int64; JSON.stringify writes a Date as an ISO text.
    private static func appendDate(_ bytes: [UInt8], to output: inout [UInt8]) {
        let milliseconds = Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        guard abs(milliseconds) < 8_640_000_000_000_000 else { return output.append(contentsOf: "null".utf8) }
        JSONText.append(isoDate(milliseconds), to: &output)
    }

    /// The value of JSON text with `attachments` put back for their placeholders; nil when the text is not valid.
    public init?(json: [UInt8], attachments: [[UInt8]] = []) {
        var scanner = JSONScanner(json)
        guard let range = try? scanner.wholeValue() else { return nil }
        var builder = JSONBuilder(bytes: json, attachments: attachments, index: range.lowerBound)
        self = builder.value()
    }
}

/// Builds values from text that the scanner has found valid, so no arm can fail.
private struct JSONBuilder {
    let bytes: [UInt8]
    let attachments: [[UInt8]]
    var index: Int

    mutating func value() -> MessagePackValue {
        switch bytes[index] {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["):
            index += 1
            var values: [MessagePackValue] = []
            while !ends(UInt8(ascii: "]")) { values.append(value()) }
            return .array(values)
        case UInt8(ascii: "\""): return .string(string())
        case UInt8(ascii: "t"):
            index += 4
            return .bool(true)
        case UInt8(ascii: "f"):
            index += 5
            return .bool(false)
        case UInt8(ascii: "n"):
            index += 4
            return .null
        default: return number()
        }
    }

    /// Skips separators; true and past the closing byte at the end of a container.
    private mutating func ends(_ close: UInt8) -> Bool {
        while true {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: ":"): index += 1
            case close:
                index += 1
                return true
            default: return false
            }
        }
    }

    private mutating func string() -> String {
        let start = index
        index += 1
        while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        index += 1
        return JSONScanner.string(bytes, start..<index) ?? ""
    }

    private mutating func number() -> MessagePackValue {
        let start = index
        while index < bytes.count, !",]} \t\r\n".utf8.contains(bytes[index]) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if let int = Int64(text) { return .int(int) }
        let double = Double(text) ?? 0
        return Int64(exactly: double).map { .int($0) } ?? .double(double)
    }

    private mutating func object() -> MessagePackValue {
        index += 1
        var pairs: [(String, MessagePackValue)] = []
        while !ends(UInt8(ascii: "}")) {
            let key = string()
            _ = ends(0)
            pairs.append((key, value()))
        }
        let map = MessagePackValue.map(pairs)
        if case .bool(true)? = map["_placeholder"], let number = map["num"]?.int, attachments.indices.contains(Int(number)) {
            return .binary(attachments[Int(number)])
        }
        return map
    }
}

/// `2026-03-15T19:00:00.000Z`, always with milliseconds as JavaScript writes it.
private func isoDate(_ milliseconds: Int64) -> String {
    let text = Timestamp(microseconds: milliseconds * 1000).rfc3339
    return text.utf8.count == 20 ? text.dropLast() + ".000Z" : text
}

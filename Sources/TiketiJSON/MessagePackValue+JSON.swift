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
        case .wtf8(let bytes): JSONText.append(wtf8: bytes, to: &output)
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

    /// The value of JSON text with `attachments` put back for their placeholders; nil when the text is not valid, or nested too deeply.
    public init?(json: [UInt8], attachments: [[UInt8]] = []) {
        var builder = MessagePackBuilder(attachments: attachments)
        guard let value = try? builder.whole(json.span) else { return nil }
        self = value
    }
}

/// Builds values from what `JSONTokenizer` finds.
private struct MessagePackBuilder {
    let attachments: [[UInt8]]
    private var tokens = JSONTokenizer(maximumDepth: JSONScanner.maximumDepth)
    private var scratch: [UInt8] = []

    init(attachments: [[UInt8]]) { self.attachments = attachments }

    mutating func whole(_ text: Span<UInt8>) throws(JSONError) -> MessagePackValue {
        tokens.skipSpace(text)
        let value = try value(text)
        try tokens.end(text)
        return value
    }

    private mutating func value(_ text: Span<UInt8>) throws(JSONError) -> MessagePackValue {
        switch try tokens.peek(text) {
        case UInt8(ascii: "{"): return try object(text)
        case UInt8(ascii: "["):
            var values: [MessagePackValue] = []
            guard try tokens.open(text, closing: UInt8(ascii: "]")) else { return .array(values) }
            repeat { values.append(try value(text)) } while try tokens.another(text, closing: UInt8(ascii: "]"))
            return .array(values)
        case UInt8(ascii: "\""):
            let literal = try tokens.string(text)
            if !literal.hasEscapes { return MessagePackValue(wtf8: text.extracting(literal.start..<literal.end)) }
            scratch.removeAll(keepingCapacity: true)
            try JSONText.unescape(literal, text, to: &scratch, .keep)
            return MessagePackValue(wtf8: scratch.span)
        case UInt8(ascii: "t"):
            try tokens.word("true", text)
            return .bool(true)
        case UInt8(ascii: "f"):
            try tokens.word("false", text)
            return .bool(false)
        case UInt8(ascii: "n"):
            try tokens.word("null", text)
            return .null
        default: return number(try tokens.number(text), text)
        }
    }

    private func number(_ number: JSONTokenizer.Number, _ text: Span<UInt8>) -> MessagePackValue {
        if let small = number.small(text) { return .int(small) }
        let characters = number.text(text)
        if number.isWhole, let integer = Int64(characters) { return .int(integer) }
        let double = Double(characters) ?? 0
        return Int64(exactly: double).map { .int($0) } ?? .double(double)
    }

    private mutating func object(_ text: Span<UInt8>) throws(JSONError) -> MessagePackValue {
        var pairs: [(String, MessagePackValue)] = []
        guard try tokens.open(text, closing: UInt8(ascii: "}")) else { return .map(pairs) }
        repeat {
            let name = try tokens.name(text)
            scratch.removeAll(keepingCapacity: true)
            try JSONText.unescape(name, text, to: &scratch, .replace)
            let key = String(decoding: scratch, as: UTF8.self)
            pairs.append((key, try value(text)))
        } while try tokens.another(text, closing: UInt8(ascii: "}"))
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

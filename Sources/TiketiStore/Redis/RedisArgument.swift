// One word of a Redis command; always sent as a length-prefixed string, so no value can change the command's meaning.

/// A command word: text, bytes or a number. Literals and interpolations convert by themselves:
/// `["SET", "seats:\(id)", RedisArgument(body), "EX", 30]`.
public enum RedisArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    case string(String)
    case bytes([UInt8])
    case integer(Int64)

    /// The text's UTF-8.
    public init(_ text: String) { self = .string(text) }
    /// Bytes as they are; RESP is binary-safe.
    public init(_ bytes: [UInt8]) { self = .bytes(bytes) }
    /// The number in decimal.
    public init(_ number: Int64) { self = .integer(number) }
    /// The number in decimal.
    public init(_ number: Int) { self = .integer(Int64(number)) }
    public init(stringLiteral text: String) { self = .string(text) }
    public init(integerLiteral number: Int64) { self = .integer(number) }
}

/// Appends a command in RESP's only request form: an array of bulk strings.
func encodeRESP(_ command: [RedisArgument], into output: inout [UInt8]) {
    appendHeader(UInt8(ascii: "*"), command.count, to: &output)
    for argument in command {
        switch argument {
        case .string(var text):
            text.withUTF8 { utf8 in
                appendHeader(UInt8(ascii: "$"), utf8.count, to: &output)
                output.append(contentsOf: utf8)
            }
        case .bytes(let bytes):
            appendHeader(UInt8(ascii: "$"), bytes.count, to: &output)
            output.append(contentsOf: bytes)
        case .integer(let number):
            appendHeader(UInt8(ascii: "$"), decimalLength(number), to: &output)
            appendDecimal(number, to: &output)
        }
        output.append(0x0D)
        output.append(0x0A)
    }
}

private func appendHeader(_ type: UInt8, _ count: Int, to output: inout [UInt8]) {
    output.append(type)
    appendDecimal(Int64(count), to: &output)
    output.append(0x0D)
    output.append(0x0A)
}

private func decimalLength(_ number: Int64) -> Int {
    var length = number < 0 ? 2 : 1
    var rest = number.magnitude
    while rest >= 10 {
        rest /= 10
        length += 1
    }
    return length
}

private func appendDecimal(_ number: Int64, to output: inout [UInt8]) {
    let magnitude = number.magnitude
    if number < 0 { output.append(UInt8(ascii: "-")) }
    if magnitude < 10 {
        output.append(0x30 + UInt8(magnitude))
        return
    }
    let start = output.count
    var rest = magnitude
    while rest > 0 {
        output.append(0x30 + UInt8(rest % 10))
        rest /= 10
    }
    output[start...].reverse()
}

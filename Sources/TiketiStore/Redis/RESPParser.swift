// Reads RESP2 and RESP3 replies from any split of the stream; holds no more than the value in progress, within limits.

/// Bounds on what a server may send; passing one is an error, never an allocation.
struct RESPLimits: Sendable {
    var line = 64 * 1024
    var bulk = 64 << 20
    var elements = 1 << 20
    var depth = 16
    /// Bytes of one whole reply, however it is nested.
    var total = 256 << 20
}

struct RESPError: Error, Equatable {
    let reason: String
}

/// A whole message from the server. Pushes (RESP3 `>`) answer no command.
enum RESPMessage: Equatable {
    case reply(RedisValue)
    case push([RedisValue])
}

/// An incremental parser. It consumes everything it is given, except what follows a completed message.
struct RESPParser {
    /// An array being filled, one per level of nesting.
    private struct Frame {
        enum Kind { case array, push, attribute }
        var kind: Kind
        var remaining: Int
        var items: [RedisValue]
    }

    private enum State {
        case type
        case line(UInt8)
        case bulk(type: UInt8, remaining: Int)
        case bulkEnd(type: UInt8, sawCR: Bool)
    }

    private let limits: RESPLimits
    private var state = State.type
    private var stack: [Frame] = []
    private var partial: [UInt8] = []
    private var budget: Int

    init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
        budget = limits.total
    }

    /// Whether a message has begun and is not complete.
    var isMidMessage: Bool {
        if case .type = state { return !stack.isEmpty }
        return true
    }

    /// Reads on from `position`, which moves past what was used, and returns the next complete message, or nil when
    /// more bytes are needed (then `position` is the end of the input).
    mutating func next(_ input: Span<UInt8>, _ position: inout Int) throws(RESPError) -> RESPMessage? {
        while position < input.count {
            switch state {
            case .type:
                state = .line(input[position])
                position += 1
            case .line(let type):
                guard let end = try takeLine(input, &position) else { return nil }
                if let message = try finishLine(type, end, input) { return message }
            case .bulk(let type, let remaining):
                let taken = min(remaining, input.count - position)
                append(input, position..<position + taken)
                position += taken
                state = taken == remaining ? .bulkEnd(type: type, sawCR: false) : .bulk(type: type, remaining: remaining - taken)
            case .bulkEnd(let type, let sawCR):
                guard input[position] == (sawCR ? 0x0A : 0x0D) else { throw RESPError(reason: "bulk string without its end") }
                position += 1
                guard sawCR else {
                    state = .bulkEnd(type: type, sawCR: true)
                    continue
                }
                state = .type
                let bytes = partial
                partial = []
                if let message = try finish(value(ofBulk: bytes, type)) { return message }
            }
        }
        return nil
    }

    /// The span of a line without its CR LF: either a range of the input, or nil for "in `partial`".
    private enum Line {
        case input(Range<Int>)
        case partial
    }

    private mutating func takeLine(_ input: Span<UInt8>, _ position: inout Int) throws(RESPError) -> Line? {
        let start = position
        var end = start
        while end < input.count, input[end] != 0x0A { end += 1 }
        guard end < input.count else {
            guard partial.count + end - start <= limits.line else { throw RESPError(reason: "line too long") }
            append(input, start..<end)
            position = end
            return nil
        }
        guard partial.count + end - start <= limits.line else { throw RESPError(reason: "line too long") }
        position = end + 1
        if partial.isEmpty {
            guard end > start, input[end - 1] == 0x0D else { throw RESPError(reason: "line without CR") }
            return .input(start..<end - 1)
        }
        append(input, start..<end)
        guard partial.popLast() == 0x0D else { throw RESPError(reason: "line without CR") }
        return .partial
    }

    private mutating func append(_ input: Span<UInt8>, _ range: Range<Int>) {
        input.extracting(range).withUnsafeBufferPointer { partial.append(contentsOf: $0) }
    }

    private mutating func finishLine(_ type: UInt8, _ line: Line, _ input: Span<UInt8>) throws(RESPError) -> RESPMessage? {
        switch line {
        case .input(let range):
            return try finishLine(type, input.extracting(range))
        case .partial:
            let bytes = partial
            partial.removeAll(keepingCapacity: true)
            return try finishLine(type, bytes.span)
        }
    }

    private mutating func finishLine(_ type: UInt8, _ line: Span<UInt8>) throws(RESPError) -> RESPMessage? {
        state = .type
        try spend(line.count + 1)
        switch type {
        case UInt8(ascii: "+"): return try finish(.simple(text(line)))
        case UInt8(ascii: "-"): return try finish(.error(text(line)))
        case UInt8(ascii: ":"): return try finish(.integer(number(line)))
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            let count = try number(line)
            if count == -1, type == UInt8(ascii: "$") { return try finish(.null) }
            guard count >= 0, count <= Int64(limits.bulk) else { throw RESPError(reason: "bulk length out of range") }
            try spend(Int(count))
            partial.reserveCapacity(min(Int(count), 1 << 20))
            state = count == 0 ? .bulkEnd(type: type, sawCR: false) : .bulk(type: type, remaining: Int(count))
            return nil
        case UInt8(ascii: "*"): return try open(.array, number(line), perItem: 1, nullable: true)
        case UInt8(ascii: "~"): return try open(.array, number(line), perItem: 1, nullable: false)
        case UInt8(ascii: "%"): return try open(.array, number(line), perItem: 2, nullable: false)
        case UInt8(ascii: "|"): return try open(.attribute, number(line), perItem: 2, nullable: false)
        case UInt8(ascii: ">"):
            guard stack.isEmpty else { throw RESPError(reason: "push inside a reply") }
            return try open(.push, number(line), perItem: 1, nullable: false)
        case UInt8(ascii: "_"):
            guard line.isEmpty else { throw RESPError(reason: "bad null") }
            return try finish(.null)
        case UInt8(ascii: "#"):
            guard line.count == 1, line[0] == UInt8(ascii: "t") || line[0] == UInt8(ascii: "f") else {
                throw RESPError(reason: "bad boolean")
            }
            return try finish(.integer(line[0] == UInt8(ascii: "t") ? 1 : 0))
        case UInt8(ascii: ","), UInt8(ascii: "("):
            guard !line.isEmpty else { throw RESPError(reason: "empty number") }
            return try finish(.simple(text(line)))
        default: throw RESPError(reason: "unknown type byte \(type)")
        }
    }

    private mutating func open(_ kind: Frame.Kind, _ count: Int64, perItem: Int, nullable: Bool) throws(RESPError) -> RESPMessage? {
        if count == -1, nullable { return try finish(.null) }
        guard count >= 0, count <= Int64(limits.elements) else { throw RESPError(reason: "element count out of range") }
        guard stack.count < limits.depth else { throw RESPError(reason: "nested too deeply") }
        let frame = Frame(kind: kind, remaining: Int(count) * perItem, items: [])
        if frame.remaining == 0 { return try close(frame) }
        stack.append(frame)
        // A count alone may not reserve much: the elements have to arrive first.
        stack[stack.count - 1].items.reserveCapacity(min(frame.remaining, 1024))
        return nil
    }

    private mutating func close(_ frame: Frame) throws(RESPError) -> RESPMessage? {
        switch frame.kind {
        case .array: return try finish(.array(frame.items))
        case .attribute: return nil  // RESP3: "auxiliary data", which precedes the value it describes
        case .push:
            budget = limits.total
            return .push(frame.items)
        }
    }

    /// A value is complete: hands it to the array it belongs to, closing arrays as they fill up.
    private mutating func finish(_ value: RedisValue) throws(RESPError) -> RESPMessage? {
        guard !stack.isEmpty else {
            budget = limits.total
            return .reply(value)
        }
        let top = stack.count - 1
        stack[top].items.append(value)
        stack[top].remaining -= 1
        guard stack[top].remaining == 0 else { return nil }
        return try close(stack.removeLast())
    }

    private mutating func spend(_ bytes: Int) throws(RESPError) {
        budget -= bytes
        guard budget >= 0 else { throw RESPError(reason: "reply too large") }
    }

    private func value(ofBulk bytes: [UInt8], _ type: UInt8) throws(RESPError) -> RedisValue {
        switch type {
        case UInt8(ascii: "!"): return .error(String(decoding: bytes, as: UTF8.self))
        case UInt8(ascii: "="):
            // A verbatim string begins with three letters of type and a colon: "txt:".
            guard bytes.count >= 4, bytes[3] == UInt8(ascii: ":") else { throw RESPError(reason: "bad verbatim string") }
            return .bulk(Array(bytes[4...]))
        default: return .bulk(bytes)
        }
    }

    private func text(_ line: Span<UInt8>) -> String {
        line.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    private func number(_ line: Span<UInt8>) throws(RESPError) -> Int64 {
        var index = 0
        var negative = false
        if line.count > 1, line[0] == UInt8(ascii: "-") || line[0] == UInt8(ascii: "+") {
            negative = line[0] == UInt8(ascii: "-")
            index = 1
        }
        guard index < line.count, line.count - index <= 19 else { throw RESPError(reason: "bad number") }
        var magnitude: UInt64 = 0
        while index < line.count {
            let digit = line[index] &- 0x30
            guard digit < 10 else { throw RESPError(reason: "bad number") }
            magnitude = magnitude * 10 + UInt64(digit)  // at most 19 digits: below 2^64
            index += 1
        }
        if negative, magnitude == UInt64(Int64.max) + 1 { return Int64.min }
        guard magnitude <= UInt64(Int64.max) else { throw RESPError(reason: "number out of range") }
        return negative ? -Int64(magnitude) : Int64(magnitude)
    }
}

// The one reader of JSON text (RFC 8259): white space, literals, numbers, strings, separators and depth. Those who build values and those
// who only look at a text are thin layers over it.

/// Steps over the parts of a JSON text, which every call is given anew; it never reads beyond the span.
struct JSONTokenizer {
    /// The next byte to be read.
    var index: Int
    /// Containers that are open.
    private var depth = 0
    private let maximumDepth: Int
    let numberLength: Int

    init(at index: Int = 0, maximumDepth: Int, numberLength: Int = .max) {
        self.index = index
        self.maximumDepth = maximumDepth
        self.numberLength = numberLength
    }

    /// RFC 8259 §2: space, tab, line feed and carriage return, no others.
    @inline(__always)
    mutating func skipSpace(_ text: Span<UInt8>) {
        while index < text.count {
            let byte = text[index]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            index &+= 1
        }
    }

    @inline(__always)
    func peek(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard index < text.count else { throw JSONError(.unexpectedEnd, at: index) }
        return text[index]
    }

    @inline(__always)
    mutating func take(_ byte: UInt8, _ text: Span<UInt8>) throws(JSONError) {
        guard try peek(text) == byte else { throw JSONError(.unexpectedByte, at: index) }
        index &+= 1
    }

    /// `true`, `false` or `null`.
    mutating func word(_ word: StaticString, _ text: Span<UInt8>) throws(JSONError) {
        for position in 0..<word.utf8CodeUnitCount { try take(word.withUTF8Buffer { $0[position] }, text) }
    }

    /// Nothing but white space may follow the value.
    mutating func end(_ text: Span<UInt8>) throws(JSONError) {
        skipSpace(text)
        guard index == text.count else { throw JSONError(.trailingBytes, at: index) }
    }

    // MARK: Containers

    /// Steps into the container whose opening byte is next; false, and past it, when it is empty.
    @inline(__always)
    mutating func open(_ text: Span<UInt8>, closing: UInt8) throws(JSONError) -> Bool {
        guard depth < maximumDepth else { throw JSONError(.tooDeep, at: index) }
        index &+= 1
        skipSpace(text)
        if index < text.count, text[index] == closing {
            index &+= 1
            return false
        }
        depth &+= 1
        return true
    }

    /// Steps over a comma (true), or out of the container over its closing byte (false).
    @inline(__always)
    mutating func another(_ text: Span<UInt8>, closing: UInt8) throws(JSONError) -> Bool {
        skipSpace(text)
        let byte = try peek(text)
        if byte == closing {
            index &+= 1
            depth &-= 1
            return false
        }
        guard byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: index) }
        index &+= 1
        skipSpace(text)
        return true
    }

    /// A member's name and the colon behind it.
    @inline(__always)
    mutating func name(_ text: Span<UInt8>) throws(JSONError) -> JSONText.Literal {
        guard try peek(text) == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: index) }
        let name = try string(text)
        skipSpace(text)
        try take(UInt8(ascii: ":"), text)
        skipSpace(text)
        return name
    }

    // MARK: Strings

    /// The string whose opening quote is next (RFC 8259 §7). Its escapes are checked for their form; halves of surrogate pairs are for the
    /// reader of the literal to judge, and so is its UTF-8.
    @inline(__always)
    mutating func string(_ text: Span<UInt8>) throws(JSONError) -> JSONText.Literal {
        let start = index &+ 1
        let end = JSONText.firstSpecial(text, from: start)
        guard end < text.count else { throw JSONError(.unexpectedEnd, at: end) }
        if text[end] == UInt8(ascii: "\"") {
            index = end &+ 1
            return JSONText.Literal(start: start, end: end, hasEscapes: false)
        }
        return try escapedString(text, from: start, special: end)
    }

    private mutating func escapedString(_ text: Span<UInt8>, from start: Int, special: Int) throws(JSONError) -> JSONText.Literal {
        index = special
        while true {
            switch try peek(text) {
            case UInt8(ascii: "\""):
                index &+= 1
                return JSONText.Literal(start: start, end: index &- 1, hasEscapes: true)
            case UInt8(ascii: "\\"):
                index &+= 1
                try escape(text)
            default: throw JSONError(.controlCharacter, at: index)
            }
            index = JSONText.firstSpecial(text, from: index)
        }
    }

    /// The cursor stands behind the backslash.
    private mutating func escape(_ text: Span<UInt8>) throws(JSONError) {
        switch try peek(text) {
        case UInt8(ascii: "u"):
            index &+= 1
            for _ in 0..<4 {
                guard JSONText.hexValue(try peek(text)) != nil else { throw JSONError(.invalidEscape, at: index) }
                index &+= 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            index &+= 1
        default: throw JSONError(.invalidEscape, at: index)
        }
    }
}

// Reads a multipart/form-data body (RFC 7578, RFC 2046 §5.1) as it comes, holding no more of it than a delimiter's length and a part's
// head.

/// Not a form.
enum MultipartFault: Error, Equatable {
    /// A part's head is longer than any browser's.
    case headTooLong
    /// More parts than any form of ours.
    case tooManyParts
    /// It ended inside of a part.
    case cutShort
}

/// One form. Feed it the body's pieces in order, then call `finish`.
struct MultipartParser {
    enum Event: Equatable {
        /// A part begins; its name, if its Content-Disposition gives one.
        case part(name: String?)
        case content(ArraySlice<UInt8>)
        case partEnd
    }

    private enum State { case preamble, head, content, epilogue }
    /// What a delimiter turns out to be when more of its line is known.
    private enum Line { case part(Int), end, text, unknown }

    private static let longestHead = 16 * 1024
    /// Blanks behind a delimiter.
    private static let longestPadding = 1024
    /// Each part costs a move of what is held.
    private static let mostParts = 64
    private static let lineEnd: [UInt8] = [0x0D, 0x0A]

    private let delimiter: [UInt8]
    private var state = State.preamble
    /// What has not been given away. It begins with a line end nobody sent: the first delimiter has none before it, and a part without
    /// fields begins with the empty line itself.
    private var held: [UInt8] = Self.lineEnd
    /// Up to here nothing begins that is looked for: a delimiter, or the end of a head.
    private var searched = 0
    private var parts = 0

    /// - Parameter boundary: of the Content-Type field.
    init(boundary: [UInt8]) { delimiter = Self.lineEnd + [0x2D, 0x2D] + boundary }

    /// What the next piece of the body makes known.
    mutating func feed(_ bytes: [UInt8]) throws(MultipartFault) -> [Event] {
        guard state != .epilogue else { return [] }
        held += bytes
        var events: [Event] = []
        while try step(&events) {}
        return events
    }

    /// The body is over.
    func finish() throws(MultipartFault) { if state == .head || state == .content { throw .cutShort } }

    /// False when more bytes are needed.
    private mutating func step(_ events: inout [Event]) throws(MultipartFault) -> Bool {
        switch state {
        case .epilogue:
            held = []
            return false
        case .head:
            guard let end = Self.firstRange(of: Self.lineEnd + Self.lineEnd, in: held, from: searched) else {
                searched = max(0, held.count - 3)
                guard held.count <= Self.longestHead else { throw .headTooLong }
                return false
            }
            guard end <= Self.longestHead else { throw .headTooLong }
            events.append(.part(name: Self.partName(String(decoding: held[..<end], as: UTF8.self))))
            // The line end before the content may belong to a delimiter: an empty part.
            discard(end + 2)
            searched = 0
            state = .content
            skipsLineEnd = true
            return true
        case .preamble, .content:
            return try delimiterFound(&events)
        }
    }

    /// Whether the line end at the beginning of `held` is the head's and no content.
    private var skipsLineEnd = false

    private mutating func delimiterFound(_ events: inout [Event]) throws(MultipartFault) -> Bool {
        while let start = Self.firstRange(of: delimiter, in: held, from: searched) {
            switch line(behind: start + delimiter.count) {
            case .unknown:
                searched = start
                give(upTo: start, &events)
                return false
            case .text: searched = start + 1
            case .part(let next):
                parts += 1
                guard parts <= Self.mostParts else { throw .tooManyParts }
                give(upTo: start, &events)
                if state == .content { events.append(.partEnd) }
                // `give` has moved what is held. The line end of the delimiter's own line stays: it may be the first half of an empty line.
                discard(next - start - 2)
                state = .head
                return true
            case .end:
                give(upTo: start, &events)
                if state == .content { events.append(.partEnd) }
                state = .epilogue
                return true
            }
        }
        // A delimiter may have begun at the end of what is here.
        let kept = max(searched, held.count - delimiter.count + 1)
        searched = max(0, kept)
        give(upTo: searched, &events)
        return false
    }

    /// Two dashes make a delimiter the last; blanks may follow it (RFC 2046 §5.1.1 "transport padding"); else it is text that begins like
    /// one.
    private func line(behind end: Int) -> Line {
        let rest = held[end...]
        if rest.starts(with: [0x2D, 0x2D]) { return .end }
        if rest.count < 2, rest.first == nil || rest.first == 0x2D { return .unknown }
        let padding = rest.prefix { $0 == 0x20 || $0 == 0x09 }.count
        guard padding <= Self.longestPadding else { return .text }
        let ending = rest.dropFirst(padding).prefix(2)
        if ending.elementsEqual(Self.lineEnd) { return .part(end + padding + 2) }
        return ending.isEmpty || ending.elementsEqual([0x0D]) ? .unknown : .text
    }

    /// Gives the first `count` bytes away.
    private mutating func give(upTo count: Int, _ events: inout [Event]) {
        guard count > 0 else { return }
        if state == .content {
            var content = held[..<count]
            if skipsLineEnd {
                guard count >= 2 else { return }
                content = content.dropFirst(2)
                skipsLineEnd = false
            }
            if !content.isEmpty { events.append(.content(content)) }
        }
        discard(count)
    }

    private mutating func discard(_ count: Int) {
        held.removeFirst(count)
        searched = max(0, searched - count)
    }

    /// The name in a part's Content-Disposition. A field may be continued on the next line that begins with a blank (RFC 822 folding).
    private static func partName(_ head: String) -> String? {
        var lines: [String] = []
        for line in head.split(whereSeparator: \.isNewline) {
            if line.first == " " || line.first == "\t", let last = lines.indices.last {
                lines[last] += line
            } else {
                lines.append(String(line))
            }
        }
        for line in lines {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2, String(pair[0]).trimmed.lowercased() == "content-disposition" else { continue }
            return HeaderParameters(String(pair[1]))["name"]
        }
        return nil
    }

    /// Where the first occurrence at or after `start` begins. Compares only where the first byte fits.
    private static func firstRange(of pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        var at = start
        while at + pattern.count <= bytes.count {
            if bytes[at] == pattern[0] {
                var length = 1
                while length < pattern.count, bytes[at + length] == pattern[length] { length += 1 }
                if length == pattern.count { return at }
            }
            at += 1
        }
        return nil
    }
}

// Reads one field of a multipart/form-data body (RFC 7578, RFC 2046 §5.1) that is in memory already.

/// A form that is sent with files.
enum Multipart {
    /// The boundary named by a Content-Type field; nil when it is another type or the boundary can't be one.
    static func boundary(_ contentType: String) -> [UInt8]? {
        let field = HeaderParameters(contentType)
        guard field.value.lowercased() == "multipart/form-data", let boundary = field["boundary"] else { return nil }
        return (1...70).contains(boundary.utf8.count) && boundary.utf8.last != 0x20 ? Array(boundary.utf8) : nil
    }

    /// The content of the first part with this name; nil when there is none, or the body is not well formed.
    static func field(_ name: String, in body: [UInt8], boundary: [UInt8]) -> ArraySlice<UInt8>? {
        let delimiter: [UInt8] = [0x0d, 0x0a, 0x2d, 0x2d] + boundary
        // The first delimiter may open the body without a line end before it.
        var next = body.starts(with: delimiter[2...]) ? line(behind: delimiter.count - 2, in: body) : nil
        if next == nil { next = line(behind: delimiter, in: body, from: 0)?.next }
        while case .part(let start)? = next {
            // A part without fields begins with the empty line itself.
            guard let content = end(of: [0x0d, 0x0a, 0x0d, 0x0a], in: body, from: start - 2),
                let found = line(behind: delimiter, in: body, from: content - 2)
            else { return nil }
            if partName(String(decoding: body[(start - 2)..<content], as: UTF8.self)) == name {
                return body[content..<max(content, found.delimiter)]
            }
            next = found.next
        }
        return nil
    }

    /// What follows a delimiter.
    private enum Line {
        /// A part; where its head begins.
        case part(Int)
        /// The end of the form.
        case end
    }

    /// The first delimiter at or after `start` that is the whole of its line: a boundary may be the beginning of text in a part.
    private static func line(behind delimiter: [UInt8], in body: [UInt8], from start: Int) -> (delimiter: Int, next: Line)? {
        var cursor = start
        while let end = end(of: delimiter, in: body, from: cursor) {
            if let line = line(behind: end, in: body) { return (end - delimiter.count, line) }
            cursor = end - delimiter.count + 1
        }
        return nil
    }

    /// Blanks may follow a delimiter (RFC 2046 §5.1.1 "transport padding"); two dashes make it the last.
    private static func line(behind end: Int, in body: [UInt8]) -> Line? {
        if body[end...].prefix(2).elementsEqual([0x2d, 0x2d]) { return .end }
        var index = end
        while index < body.count, body[index] == 0x20 || body[index] == 0x09 { index += 1 }
        return body[index...].prefix(2).elementsEqual([0x0d, 0x0a]) ? .part(index + 2) : nil
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

    /// Where the first occurrence of `pattern` at or after `start` ends. Compares only where the first byte fits.
    private static func end(of pattern: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        guard body.count >= pattern.count, start >= 0 else { return nil }
        var at = start
        while at <= body.count - pattern.count {
            if body[at] == pattern[0] {
                var length = 1
                while length < pattern.count, body[at + length] == pattern[length] { length += 1 }
                if length == pattern.count { return at + length }
            }
            at += 1
        }
        return nil
    }
}

/// A field's value with its parameters: `form-data; name="a;b"; filename="x"` (RFC 9110 §5.6.6). A quoted string keeps its semicolons and signs.
struct HeaderParameters {
    private(set) var value = ""
    private var parameters: [(name: String, value: String)] = []

    init(_ field: String) {
        for (index, part) in Self.split(field).enumerated() {
            guard index > 0 else {
                value = part.trimmed
                continue
            }
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            parameters.append((String(pair[0]).trimmed.lowercased(), Self.unquoted(String(pair[1]).trimmed)))
        }
    }

    /// The first parameter of this name, given in lower case.
    subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// At the semicolons outside of quotes.
    private static func split(_ field: String) -> [String] {
        var parts: [String.UnicodeScalarView] = [String.UnicodeScalarView()]
        var isQuoted = false
        var isEscaped = false
        for scalar in field.unicodeScalars {
            if scalar == ";", !isQuoted {
                parts.append(String.UnicodeScalarView())
                continue
            }
            parts[parts.count - 1].append(scalar)
            if isEscaped {
                isEscaped = false
            } else if scalar == "\\", isQuoted {
                isEscaped = true
            } else if scalar == "\"" {
                isQuoted.toggle()
            }
        }
        return parts.map { String($0) }
    }

    private static func unquoted(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count >= 2, scalars.first == "\"", scalars.last == "\"" else { return text }
        var result = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in scalars[1..<(scalars.count - 1)] {
            // Browsers send a backslash as it is; only a quoted quote is an escape (RFC 7578 §4.2).
            if scalar == "\\", !isEscaped {
                isEscaped = true
                continue
            }
            if isEscaped, scalar != "\"", scalar != "\\" { result.append("\\") }
            result.append(scalar)
            isEscaped = false
        }
        return String(result)
    }
}

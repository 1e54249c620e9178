// What a Content-Type says of a form, and how fields with parameters are read (RFC 7578, RFC 9110 §5.6.6).

/// A form that is sent with files.
enum Multipart {
    /// The boundary named by a Content-Type field; nil when it is another type or the boundary can't be one.
    static func boundary(_ contentType: String) -> [UInt8]? {
        let field = HeaderParameters(contentType)
        guard field.value.lowercased() == "multipart/form-data", let boundary = field["boundary"] else { return nil }
        return (1...70).contains(boundary.utf8.count) && boundary.utf8.last != 0x20 ? Array(boundary.utf8) : nil
    }
}

/// A field's value with its parameters: `form-data; name="a;b"; filename="x"` (RFC 9110 §5.6.6). A quoted string keeps its semicolons and
/// signs.
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

// Entity tags and content codings of requests (RFC 9110 §8.8.3, §12.5.3, §13.1.2).

/// Entity tags and content codings of requests.
public enum EntityTag {
    /// The tag of a part of what `tag` names.
    public static func with(_ suffix: String, _ tag: String) -> String { suffix.isEmpty ? tag : String(tag.dropLast()) + suffix + "\"" }

    /// RFC 9110 §13.1.2: `*`, or a list of tags compared weakly.
    public static func matches(_ field: String, _ tag: String) -> Bool {
        let opaque = Self.opaque(tag[...])
        return field.split(separator: ",").contains { part in
            let candidate = part.trimming()
            return candidate == "*" || Self.opaque(candidate) == opaque
        }
    }

    private static func opaque(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }

    /// RFC 9110 §12.5.3: gzip is listed, or `*`, with a weight above zero.
    public static func acceptsGzip(_ field: String?) -> Bool {
        guard let field else { return false }
        var any = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.trimming() }
            guard let coding = parts.first, coding == "gzip" || coding == "x-gzip" || coding == "*" else { continue }
            let isRefused = parts.dropFirst().contains { part in
                part.hasPrefix("q=") && part.dropFirst(2).allSatisfy { $0 == "0" || $0 == "." }
            }
            if coding != "*" { return !isRefused }
            any = !isRefused
        }
        return any
    }
}

extension Substring {
    /// Without blanks at both ends.
    func trimming() -> Substring {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}

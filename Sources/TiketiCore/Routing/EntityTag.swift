// Entity tags and content codings of requests (RFC 9110 §8.8.3, §12.5.3, §13.1.2).
import TiketiNet

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
    public static func acceptsGzip(_ field: String?) -> Bool { Gzip.isAccepted(by: field) }
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

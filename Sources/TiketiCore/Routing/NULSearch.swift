// Finds NUL characters in a JSON body: valid JSON, but nothing a database can keep.
import TiketiJSON

/// The search. Costs a look for one escape sequence in bodies that have none.
enum NULSearch {
    /// The path of the first member (or value) with a NUL in its name or text; nil when there is none. `bytes` is what `value` was read
    /// from.
    static func member(of value: JSONValue, in bytes: [UInt8]) -> String? {
        // The parser refuses raw control characters: only the escape can have made one.
        guard hasEscape(bytes) else { return nil }
        return find(value, at: "")
    }

    private static func hasEscape(_ bytes: [UInt8]) -> Bool {
        let escape: [UInt8] = Array("\\u0000".utf8)
        guard bytes.count >= escape.count else { return false }
        return (0...(bytes.count - escape.count)).contains { start in
            bytes[start] == escape[0] && bytes[start..<(start + escape.count)].elementsEqual(escape)
        }
    }

    private static func find(_ value: JSONValue, at path: String) -> String? {
        switch value {
        case .string(let text): return text.utf8.contains(0) ? (path.isEmpty ? "body" : path) : nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = find(element, at: "\(path)[\(index)]") { return found }
            }
        case .object(let members):
            for member in members {
                if member.key.utf8.contains(0) { return path.isEmpty ? "body" : path }
                if let found = find(member.value, at: path.isEmpty ? member.key : "\(path).\(member.key)") { return found }
            }
        default: break
        }
        return nil
    }
}

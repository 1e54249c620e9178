// Reads one field of a multipart/form-data body (RFC 7578, RFC 2046 5.1) that is in memory already.

enum Multipart {
    /// The boundary named by a Content-Type field; nil when it is another type or the boundary can't be one.
    static func boundary(_ contentType: String) -> [UInt8]? {
        let parts = contentType.split(separator: ";")
        guard let type = parts.first, String(type).trimmed.lowercased() == "multipart/form-data" else { return nil }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, String(pair[0]).trimmed.lowercased() == "boundary" else { continue }
            var value = String(pair[1]).trimmed
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = String(value.dropFirst().dropLast()) }
            return (1...70).contains(value.utf8.count) ? Array(value.utf8) : nil
        }
        return nil
    }

    /// The content of the first part with this name; nil when there is none, or the body is not well formed.
    static func field(_ name: String, in body: [UInt8], boundary: [UInt8]) -> ArraySlice<UInt8>? {
        let delimiter: [UInt8] = [0x0d, 0x0a, 0x2d, 0x2d] + boundary
        // The first delimiter may open the body without a line end before it.
        guard var cursor = body.starts(with: delimiter[2...]) ? delimiter.count - 2 : end(of: delimiter, in: body, from: 0) else {
            return nil
        }
        while cursor + 2 <= body.count, body[cursor] == 0x0d, body[cursor + 1] == 0x0a {
            guard let content = end(of: [0x0d, 0x0a, 0x0d, 0x0a], in: body, from: cursor),
                let next = end(of: delimiter, in: body, from: content - 2)
            else { return nil }
            let head = String(decoding: body[cursor..<content], as: UTF8.self)
            if partName(head) == name { return body[content..<max(content, next - delimiter.count)] }
            cursor = next
        }
        return nil
    }

    private static func partName(_ head: String) -> String? {
        for line in head.split(whereSeparator: \.isNewline) {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == "content-disposition" else { continue }
            for parameter in pair[1].split(separator: ";").dropFirst() {
                let assignment = parameter.split(separator: "=", maxSplits: 1)
                guard assignment.count == 2, String(assignment[0]).trimmed.lowercased() == "name" else { continue }
                var value = String(assignment[1]).trimmed
                if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = String(value.dropFirst().dropLast()) }
                return value
            }
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

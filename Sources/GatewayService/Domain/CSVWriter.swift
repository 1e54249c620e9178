// Comma-separated values (RFC 4180) for people who open them in a spreadsheet: a byte order mark, so that Korean shows, and no field that a
// spreadsheet would run.

/// Lines of a table.
struct CSVWriter {
    /// UTF-8's byte order mark: without it spreadsheets take Korean for another encoding.
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private(set) var bytes: [UInt8] = []

    mutating func line(_ fields: [String]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            add(field)
        }
        bytes += [13, 10]
    }

    /// What was written since the last call.
    mutating func take() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    private mutating func add(_ field: String) {
        let text = Self.defused(field)
        guard text.utf8.contains(where: { $0 == 34 || $0 == 44 || $0 == 10 || $0 == 13 }) else {
            bytes += text.utf8
            return
        }
        bytes.append(34)
        for byte in text.utf8 {
            if byte == 34 { bytes.append(34) }
            bytes.append(byte)
        }
        bytes.append(34)
    }

    /// A field that begins like a formula is one for a spreadsheet: an apostrophe makes it text (OWASP, CSV Injection). Numbers stay
    /// numbers.
    private static func defused(_ field: String) -> String {
        guard let first = field.unicodeScalars.first, "=+-@\t\r\n＝＋－＠".unicodeScalars.contains(first) else { return field }
        return Double(field) != nil && first != "+" ? field : "'" + field
    }
}

// One spelling per mailbox: trimmed and lower-cased, so that the unique index means one account per address.

enum EmailAddress {
    static let longest = 255

    /// The address as it is stored, or nil when it cannot be one. Deliberately loose (RFC 5321 allows much): one `@` with something on
    /// both sides, a dot in the domain, no spaces or control characters.
    static func normalise(_ text: String) -> String? {
        var view = text[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        let address = view.lowercased()
        guard address.count <= longest, address.utf8.count <= 3 * longest else { return nil }
        guard address.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace }) else { return nil }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64 else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty && $0.first != "-" && $0.last != "-" }) else { return nil }
        return address
    }
}

// One spelling per mailbox: composed, without invisible characters, trimmed and lower-cased, so that the unique index means one account
// per address, however it was typed.
@_spi(_Unicode) import Swift

enum EmailAddress {
    static let longest = 255

    /// The address as it is stored, or nil when it cannot be one. Deliberately loose (RFC 5321 allows much): one `@` with something on
    /// both sides, a dot in the domain, no spaces or control characters.
    static func normalise(_ text: String) -> String? {
        let address = fold(text)
        guard address.unicodeScalars.count <= longest, address.utf8.count <= 3 * longest else { return nil }
        guard address.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f && !$0.properties.isWhitespace }) else { return nil }
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.count <= 64 else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty && $0.first != "-" && $0.last != "-" }) else { return nil }
        return address
    }

    /// What two spellings of one address have in common. Lower-casing may decompose ("İ"), so the form comes last; both are stable after
    /// it.
    static func fold(_ text: String) -> String {
        var scalars = String.UnicodeScalarView(text.unicodeScalars.filter { !isInvisible($0) })[...]
        while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        return composed(composed(String(scalars)).lowercased())
    }

    /// Normalisation form C (UAX #15).
    private static func composed(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
        var view = String.UnicodeScalarView()
        for scalar in text._nfc { view.append(scalar) }
        return String(view)
    }

    /// Joiners, marks of direction, soft hyphens and the like: nobody sees them, and nobody typed them (UAX #44,
    /// Default_Ignorable_Code_Point).
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isDefaultIgnorableCodePoint }
}

// One form for text that people send, and one for what they search: the same rule on both sides (docs/specification.md §10, Text).

// Normalisation is in the standard library, but not yet public (the `_nfc` view of a string, Unicode Standard Annex #15).
@_spi(_Unicode) import Swift

/// Cleans and folds text. Everything here is a function of its input alone and may run anywhere.
public enum TextNormalizer {
    /// The form in which text is kept: NFC, without what carries no meaning, trimmed at both ends.
    ///
    /// Inside the text only characters that nobody can see or means are dropped (soft hyphen, zero-width space, byte order mark, direction
    /// overrides); joiners and variation selectors stay, because scripts and emoji are written with them. A text of nothing visible becomes
    /// empty. Control characters stay, for the caller to refuse.
    static func clean(_ text: String) -> String {
        if let plain = cleanPlain(text) { return plain }
        var kept: [Unicode.Scalar] = []
        kept.reserveCapacity(text.utf8.count)
        for scalar in text._nfc where !isNoise(scalar) { kept.append(scalar) }
        guard kept.contains(where: { !isBlank($0) }) else { return "" }
        let start = kept.firstIndex { !isEdge($0) } ?? kept.endIndex
        let end = kept.lastIndex { !isEdge($0) } ?? kept.startIndex
        guard start <= end else { return "" }
        // Dropping a character may leave two that compose.
        return string(string(kept[start...end])._nfc)
    }

    /// Whether a control character is in the text (general category Cc). `lines` allows tab, line feed and carriage return.
    static func hasControls(_ text: String, allowingLines lines: Bool = false) -> Bool {
        text.unicodeScalars.contains { scalar in
            guard scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) else { return false }
            return !(lines && (scalar == "\t" || scalar == "\n" || scalar == "\r"))
        }
    }

    /// A text of one line in the form in which it is kept; nil when it holds control characters.
    public static func line(_ text: String) -> String? {
        let clean = clean(text)
        return hasControls(clean) ? nil : clean
    }

    /// The form in which text is searched and compared: clean, without regard to case and width, white space as single spaces.
    ///
    /// Case is folded one character at a time, so that a word folds alike wherever it stands (`ß` as `ss`, both Greek sigmas as one).
    static func fold(_ text: String) -> String {
        var folded = ""
        folded.reserveCapacity(text.utf8.count)
        var wasSpace = false
        for scalar in clean(text).unicodeScalars {
            if scalar.properties.isWhitespace {
                if !wasSpace { folded.unicodeScalars.append(" ") }
                wasSpace = true
                continue
            }
            wasSpace = false
            if scalar.isASCII {
                folded.unicodeScalars.append((65...90).contains(scalar.value) ? Unicode.Scalar(UInt8(scalar.value + 32)) : scalar)
                continue
            }
            for upper in narrow(scalar).properties.uppercaseMapping.unicodeScalars {
                folded.unicodeScalars.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
            }
        }
        return string(folded._nfc)
    }

    // MARK: Characters

    /// Printable ASCII needs nothing but its blanks cut off; nil for other text.
    private static func cleanPlain(_ text: String) -> String? {
        let bytes = text.utf8
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        guard bytes.first == 0x20 || bytes.last == 0x20 else { return text }
        guard let first = bytes.firstIndex(where: { $0 != 0x20 }), let last = bytes.lastIndex(where: { $0 != 0x20 }) else { return "" }
        return String(text[first...last])
    }

    /// Invisible wherever it stands, and never part of how a word is written.
    private static func isNoise(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Soft hyphen, Mongolian vowel separator, zero-width space, word joiner and invisible operators, byte order mark.
        case 0xAD, 0x180E, 0x200B, 0x2060...0x2064, 0xFEFF: true
        // Directions that are overridden: they make a text read other than it is.
        case 0x202A...0x202E, 0x2066...0x206F: true
        // Interlinear annotations.
        case 0xFFF9...0xFFFB: true
        default: false
        }
    }

    /// White space, or shown as nothing: not enough to be a text.
    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        // The blank Braille pattern is a letter by its category.
        scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint || scalar.value == 0x2800
    }

    /// Cut off at the ends. Variation selectors and tags belong to the emoji before them.
    private static func isEdge(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xFE00...0xFE0F, 0xE0000...0xE01EF: false
        default: isBlank(scalar)
        }
    }

    /// The ordinary form of a full-width letter, digit or sign (U+FF01 to U+FF5E), as East Asian keyboards type them.
    private static func narrow(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        guard (0xFF01...0xFF5E).contains(scalar.value) else { return scalar }
        return Unicode.Scalar(UInt8(scalar.value - 0xFEE0))
    }

    private static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}

// A search as a reader typed it, taken apart; nothing in it can act as a pattern.

/// Words to look for in titles, artists and venues. All must be found, each as itself or as its counterpart in the other language.
public struct SearchTerms: Sendable, Equatable {
    /// Lower case, at most five.
    public let words: [String]

    /// Nil when there is nothing to look for.
    public init?(_ text: String) {
        let words = text.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return nil }
        // More words than that are looked for as one piece.
        self.words = words.count <= 5 ? words : [words.joined(separator: " ")]
    }

    /// One spelling for the same search, for cache keys.
    public var canonical: String { words.joined(separator: " ") }

    /// `text` as part of a LIKE pattern.
    public static func pattern(_ text: String) -> String {
        var pattern = "%"
        for character in text {
            if character == "%" || character == "_" || character == "\\" { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern + "%"
    }
}

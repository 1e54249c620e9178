// A search as a reader typed it, taken apart; nothing in it can act as a pattern.

/// Words to look for in titles, artists and venues, in any order. All must be found, each as itself or as its counterpart in the other
/// language. The database brings words and stored texts into one form (`ticket_schema.search_form`).
struct SearchTerms: Sendable, Equatable {
    /// At least one, each once.
    let words: [String]
    /// More are refused: each costs a look through the index.
    static let most = 20

    /// Nil when there is nothing to look for.
    init?(_ text: String) {
        var words: [String] = []
        for word in text.split(whereSeparator: \.isWhitespace).map(String.init) where !words.contains(word) { words.append(word) }
        guard !words.isEmpty else { return nil }
        self.words = words
    }

    /// One spelling for the same search, for cache keys.
    var canonical: String { words.map { $0.lowercased() }.sorted().joined(separator: " ") }

    /// `text` as part of a LIKE pattern. By scalar: a combining mark after a `%` must not hide it.
    static func pattern(_ text: String) -> String {
        var pattern = String.UnicodeScalarView("%".unicodeScalars)
        for scalar in text.unicodeScalars {
            if scalar == "%" || scalar == "_" || scalar == "\\" { pattern.append("\\") }
            pattern.append(scalar)
        }
        pattern.append("%")
        return String(pattern)
    }
}

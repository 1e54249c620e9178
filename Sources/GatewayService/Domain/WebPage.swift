// The app's page with a place in its head for what shared links and search engines read.

/// `index.html`, with its title and description taken out of its head.
struct WebPage: Sendable {
    /// As it was built, for pages without a card.
    private let original: [UInt8]
    private let head: String
    private let body: String

    init(_ bytes: [UInt8]) {
        original = bytes
        let text = String(decoding: bytes, as: UTF8.self)
        // A page may leave its head's end out; then it has no place for tags.
        guard let end = Self.position(of: "</head>", in: text[...]) else {
            head = ""
            body = ""
            return
        }
        var head = String(text[..<end])
        Self.cut(from: "<title>", to: "</title>", of: &head)
        Self.cut(from: "<meta name=\"description\"", to: ">", of: &head)
        self.head = head
        body = String(text[end...])
    }

    /// The page with the card's tags in the place of its own title and description; with nil as it was built.
    func rendered(_ card: PageCard?) -> [UInt8] {
        guard let card, !head.isEmpty else { return original }
        return Array("\(head)<title>\(HTMLText.escaped(card.title))</title>\(card.tags)\(body)".utf8)
    }

    /// Takes an element out of `text` if there is one.
    private static func cut(from opening: String, to closing: String, of text: inout String) {
        guard let start = position(of: opening, in: text[...]), let close = position(of: closing, in: text[start...]) else { return }
        text.removeSubrange(start..<text.utf8.index(close, offsetBy: closing.utf8.count))
    }

    private static func position(of part: String, in text: Substring) -> String.Index? {
        let wanted = Array(part.utf8)
        var index = text.startIndex
        while index != text.endIndex {
            if text.utf8[index] == wanted[0], text.utf8[index...].prefix(wanted.count).elementsEqual(wanted) { return index }
            index = text.utf8.index(after: index)
        }
        return nil
    }
}

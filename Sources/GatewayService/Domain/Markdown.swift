// Markdown that admins write (CommonMark), as HTML that is safe to put into a page: made by cmark, the format's reference implementation,
// from a tree whose links were looked at before.
import CMark
import Glibc

/// Renders Markdown.
enum Markdown {
    /// Paragraphs, headings (from h2 on: a page has its own h1), lists, quotes, code, emphasis, links, images and lines as they were
    /// broken. HTML in the text is left out, and so is every address that does not lead to a page, a mail or an image by its scheme.
    static func html(_ text: String) -> String {
        let options = CMARK_OPT_SAFE | CMARK_OPT_HARDBREAKS | CMARK_OPT_VALIDATE_UTF8
        var text = text
        let document = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cmark_parse_document($0.baseAddress, $0.count, options) }
        }
        guard let document else { return "" }
        defer { cmark_node_free(document) }
        adapt(document)
        guard let html = cmark_render_html(document, options) else { return "" }
        defer { free(html) }
        return String(cString: html)
    }

    private static func adapt(_ document: OpaquePointer) {
        guard let walk = cmark_iter_new(document) else { return }
        defer { cmark_iter_free(walk) }
        while case let event = cmark_iter_next(walk), event != CMARK_EVENT_DONE {
            guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(walk) else { continue }
            switch cmark_node_get_type(node) {
            case CMARK_NODE_HEADING: cmark_node_set_heading_level(node, min(6, cmark_node_get_heading_level(node) + 1))
            case CMARK_NODE_LINK: restrict(node, to: ["https:", "http:", "mailto:"])
            case CMARK_NODE_IMAGE: restrict(node, to: ["https:", "http:"])
            default: break
            }
        }
    }

    private static func restrict(_ node: OpaquePointer, to schemes: [String]) {
        let address = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
        if !isAllowed(address, schemes) { cmark_node_set_url(node, "") }
    }

    /// A scheme of the list, or a place of this site. Browsers skip controls and blanks in addresses; here such an address is none.
    private static func isAllowed(_ address: String, _ schemes: [String]) -> Bool {
        guard address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else { return false }
        let lower = address.lowercased()
        if schemes.contains(where: { lower.hasPrefix($0) }) { return true }
        return (lower.hasPrefix("/") && !lower.hasPrefix("//")) || lower.hasPrefix("#")
    }
}

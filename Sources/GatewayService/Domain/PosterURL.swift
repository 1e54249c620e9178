// Which addresses an event's poster may have.

/// The rule of `posterImageUrl`.
enum PosterURL {
    /// `http://…`, `https://…` with a host, or `/uploads/` and a name. No blanks, quotes or control characters.
    static func isAllowed(_ url: String) -> Bool {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !Array("\"'<>\\`".utf8).contains($0) }) else {
            return false
        }
        if url.hasPrefix("/uploads/") {
            let name = url.dropFirst("/uploads/".count)
            return !name.isEmpty && !name.contains("/") && !name.contains("%") && !name.contains("..")
        }
        let lower = url.lowercased()
        for scheme in ["https://", "http://"] where lower.hasPrefix(scheme) {
            let host = lower.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            return !host.isEmpty && !host.contains("@")
        }
        return false
    }
}

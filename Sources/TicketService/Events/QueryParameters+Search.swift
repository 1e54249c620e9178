// The parameter `search` of lists of events.
import TiketiCore

extension QueryParameters {
    /// Nil when nothing is searched; 400 for more words than are looked for.
    func searchTerms() throws(APIError) -> SearchTerms? {
        guard let terms = try string("search", max: 255).flatMap({ SearchTerms($0) }) else { return nil }
        guard terms.words.count <= SearchTerms.most else {
            throw .validation("search", "must have at most \(SearchTerms.most) words")
        }
        return terms
    }
}

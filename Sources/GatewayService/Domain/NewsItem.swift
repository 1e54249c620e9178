// News as everybody reads them.
import TiketiJSON
import TiketiNet

/// One piece of news.
struct NewsItem: Sendable {
    var id: UUID
    var title: String
    var content: String
    /// The name of the admin who wrote it.
    var author: String
    var views: Int
    var isPinned: Bool
    var createdAt: Timestamp
    var updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("title", title)
        json.member("content", content)
        json.member("author", author)
        json.member("views", views)
        json.member("isPinned", isPinned)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
    }

    /// The item as a JSON object, for the audit trail.
    var document: [UInt8] { AuditEntry.document { write(to: &$0) } }
}

/// What an edit changes; nil leaves the field as it is.
struct NewsChange: Sendable {
    var title: String?
    var content: String?
    var isPinned: Bool?
}

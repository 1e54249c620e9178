// News as everybody reads them.
import TiketiJSON
import TiketiNet

/// One piece of news.
struct NewsItem: Sendable {
    var id: UUID
    var title: String
    /// Markdown.
    var content: String
    /// The name of the admin who wrote it.
    var author: String
    var views: Int
    var isPinned: Bool
    /// nil: a draft, which nobody but admins sees.
    var publishedAt: Timestamp?
    var createdAt: Timestamp
    var updatedAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("title", title)
        json.member("content", content)
        json.member("author", author)
        json.member("views", views)
        json.member("isPinned", isPinned)
        json.member("isDraft", publishedAt == nil)
        json.member("publishedAt", publishedAt)
        json.member("createdAt", createdAt)
        json.member("updatedAt", updatedAt)
    }

    /// The item as a JSON object, for the audit trail.
    var document: [UInt8] { AuditEntry.document { write(to: &$0) } }
}

/// What a new piece of news says.
struct NewsText: Sendable {
    var title: String
    var content: String
    var isPinned: Bool
    var isDraft: Bool
}

/// What an edit changes; nil leaves the field as it is.
struct NewsChange: Sendable {
    var title: String?
    var content: String?
    var isPinned: Bool?
    /// False publishes a draft now; of what is published already the day stays.
    var isDraft: Bool?
}

/// Which news a list shows.
enum NewsSelection: String, CaseIterable, Sendable {
    case published
    case draft
    case all
}

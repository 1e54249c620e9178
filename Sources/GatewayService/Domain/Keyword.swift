// A word in Korean and in English that mean the same, so that a search in one finds what is written in the other.
import TiketiJSON
import TiketiNet

/// What the words name.
enum KeywordType: String, Sendable, CaseIterable { case artist, venue, genre, city }

/// One mapping.
struct Keyword: Sendable {
    var id: UUID
    var korean: String
    var english: String
    var entityType: String

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("korean", korean)
        json.member("english", english)
        json.member("entityType", entityType)
    }

    /// The mapping as a JSON object, for the audit trail.
    var document: [UInt8] { AuditEntry.document { write(to: &$0) } }
}

/// What an edit changes; nil leaves the field as it is.
struct KeywordChange: Sendable {
    var korean: String?
    var english: String?
    var entityType: KeywordType?
}

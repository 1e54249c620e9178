// One admin write as the audit trail keeps it.
import TiketiJSON
import TiketiNet

/// Who acts on an admin page, as far as the audit trail and the news' author want to know.
struct AdminActor: Sendable {
    var id: UUID
    var email: String
    /// `X-Request-Id` of the request that asks.
    var requestID: String
    /// The client's address as text.
    var address: String
}

/// Who did what to which thing, and how it looked before and after.
struct AuditEntry: Sendable {
    enum Outcome: String, Sendable { case started, done, refused, unknown }

    var actor: AdminActor
    /// `event.create`, `news.delete`: the kind of thing and what was done.
    var action: String
    var entityType: String
    /// nil until the write has made the thing.
    var entityID: String?
    var outcome: Outcome = .started
    /// JSON of the thing as it was.
    var before: [UInt8]?
    /// JSON of the thing as it is now, or of the refusal.
    var after: [UInt8]?

    init(by actor: AdminActor, _ action: String, _ entityType: String, id: String? = nil) {
        self.actor = actor
        self.action = action
        self.entityType = entityType
        entityID = id
    }

    /// The same entry, completed: a write of the gateway's own is done when it is recorded.
    func done(id: UUID, before: [UInt8]?, after: [UInt8]?) -> AuditEntry {
        var entry = self
        entry.entityID = id.description
        entry.outcome = .done
        entry.before = before
        entry.after = after
        return entry
    }

    /// A JSON object as it goes into `before` or `after`.
    static func document(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { body(&$0) }
        return json.finish()
    }
}

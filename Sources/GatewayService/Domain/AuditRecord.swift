// A stored record of the audit trail.
import TiketiJSON
import TiketiNet

/// One row of the trail as admins read it.
struct AuditRecord: Sendable {
    var id: Int
    var at: Timestamp
    var actorID: UUID
    var actorEmail: String
    var action: String
    var entityType: String
    var entityID: String?
    var outcome: String
    /// JSON as text.
    var before: String?
    var after: String?
    var requestID: String
    var address: String

    func write(to json: inout JSONWriter) {
        json.member("id", id)
        json.member("at", at)
        json.member("actorId", actorID)
        json.member("actorEmail", actorEmail)
        json.member("action", action)
        json.member("entityType", entityType)
        json.member("entityId", entityID)
        json.member("outcome", outcome)
        json.member("before", raw: before.map { Array($0.utf8) })
        json.member("after", raw: after.map { Array($0.utf8) })
        json.member("requestId", requestID)
        json.member("address", address)
    }
}

// The business line that every admin write leaves in the log, beside its audit record.
import Logging
import TiketiNet

extension Logger {
    /// Ids only: who it was and what changed is in the audit trail.
    func adminAction(_ action: String, _ id: UUID, _ actor: AdminActor, outcome: AuditEntry.Outcome = .done) {
        adminAction(action, id.description, actor, outcome: outcome)
    }

    func adminAction(_ action: String, _ id: String, _ actor: AdminActor, outcome: AuditEntry.Outcome = .done) {
        info(
            "admin action",
            metadata: [
                "action": "\(action)", "entityId": "\(id)", "adminId": "\(actor.id)", "outcome": "\(outcome.rawValue)",
                "requestId": "\(actor.requestID)",
            ])
    }
}

// Admin writes that another service does: recorded as started, asked for, completed with what came of it. A write whose answer got lost
// stays on record as unknown, so there is no write without its record.
import Logging
import TiketiJSON
import TiketiNet

/// What the service that owns a thing answered.
struct OwnerAnswer: Sendable {
    /// The status code of its HTTP answer.
    var status: Int
    var body: JSONValue

    var succeeded: Bool { (200..<300).contains(status) }
}

/// Does a write and keeps its record.
struct AuditedWrites: Sendable {
    /// What is recorded about one write.
    struct Subject: Sendable {
        var action: String
        var type: String
        /// nil when the write makes the thing.
        var id: String?
        /// The member of the service's answer that shows the thing.
        var member: String
    }

    let audit: AuditStore
    let logger: Logger

    /// - Parameters:
    ///   - before: the thing as it is now, asked for before the record is begun.
    ///   - write: asks the owner.
    func perform(
        by actor: AdminActor, _ subject: Subject, before: () async throws -> JSONValue? = { nil }, write: () async throws -> OwnerAnswer
    ) async throws -> OwnerAnswer {
        var entry = AuditEntry(by: actor, subject.action, subject.type, id: subject.id)
        entry.before = try await before()?.encoded
        let record = try await audit.insert(entry)
        let answer: OwnerAnswer
        do {
            answer = try await write()
        } catch {
            await complete(record, .unknown, subject.id, before: nil, after: nil, actor)
            throw error
        }
        let shown = answer.body[subject.member]
        // A service that knows the thing as it was says so itself.
        let earlier = answer.succeeded ? answer.body["before"]?.encoded : nil
        let after = answer.succeeded ? shown?.encoded : answer.body.encoded
        let outcome: AuditEntry.Outcome = answer.succeeded ? .done : answer.status >= 500 ? .unknown : .refused
        let id = subject.id ?? shown?["id"]?.stringValue
        await complete(record, outcome, id, before: earlier, after: after, actor)
        logger.adminAction(subject.action, id ?? "", actor, outcome: outcome)
        return answer
    }

    /// The write is done: failing to complete its record is for the log, the record itself stands.
    private func complete(
        _ record: Int, _ outcome: AuditEntry.Outcome, _ id: String?, before: [UInt8]?, after: [UInt8]?, _ actor: AdminActor
    ) async {
        do {
            try await audit.complete(record, outcome: outcome, entityID: id, before: before, after: after)
        } catch {
            logger.error(
                "an audit record stays incomplete",
                metadata: [
                    "record": "\(record)", "outcome": "\(outcome)", "requestId": "\(actor.requestID)", "reason": "\(error)",
                ])
        }
    }
}

// Admin writes that another service does: recorded as started, asked for, completed with what came of it. A write whose answer got lost
// stays on record as unknown, so there is no write without its record.
import Logging
import TiketiCore
import TiketiJSON
import TiketiNet

struct AdminWrites: Sendable {
    struct Answer: Sendable {
        var status: HTTPStatus
        var body: JSONValue

        var succeeded: Bool { (200..<300).contains(status.code) }
    }

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

    func perform(
        _ context: RequestContext, by admin: Principal, _ subject: Subject, before: () async throws -> JSONValue? = { nil },
        write: () async throws -> Answer
    ) async throws -> Answer {
        var entry = AuditEntry(context, by: admin, subject.action, subject.type, id: subject.id)
        entry.before = try await before()?.encoded
        let record = try await audit.insert(entry)
        let answer: Answer
        do {
            answer = try await write()
        } catch {
            await complete(record, .unknown, subject.id, before: nil, after: nil, context)
            throw error
        }
        let shown = answer.body[subject.member]
        // A service that knows the thing as it was says so itself.
        let earlier = answer.succeeded ? answer.body["before"]?.encoded : nil
        let after = answer.succeeded ? shown?.encoded : answer.body.encoded
        await complete(
            record, answer.succeeded ? .done : answer.status.code >= 500 ? .unknown : .refused,
            subject.id ?? shown?["id"]?.stringValue, before: earlier, after: after, context)
        return answer
    }

    /// The write is done: failing to complete its record is for the log, the record itself stands.
    private func complete(
        _ record: Int, _ outcome: AuditEntry.Outcome, _ id: String?, before: [UInt8]?, after: [UInt8]?, _ context: RequestContext
    ) async {
        do {
            try await audit.complete(record, outcome: outcome, entityID: id, before: before, after: after)
        } catch {
            context.logger.error(
                "an audit record stays incomplete", metadata: ["record": "\(record)", "outcome": "\(outcome)", "reason": "\(error)"])
        }
    }
}

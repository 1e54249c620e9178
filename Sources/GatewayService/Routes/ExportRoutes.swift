// Tables for spreadsheets, streamed page after page: what is exported is never in memory as a whole (docs/specification.md §3.8).
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

/// `/api/admin/reservations.csv`, `payments.csv` and `audit.csv`.
struct ExportRoutes: Sendable {
    /// One page of an export; nil behind the last.
    private typealias Pages = @Sendable (_ page: Int) async throws -> [JSONValue]?

    let admins: AdminCheck
    let audit: AuditService
    let ticket: OwnerClient
    let payment: OwnerClient
    private static let rowsAtOnce = 100

    init(admins: AdminCheck, audit: AuditService, ticket: OwnerClient, payment: OwnerClient) {
        (self.admins, self.audit, self.ticket, self.payment) = (admins, audit, ticket, payment)
    }

    func install(on router: some RouterMethods) {
        router.get("/api/admin/reservations.csv") {
            try await export($0, .reservations, owned($0, by: ticket, TicketAPI.reservations.path(), .reservations))
        }
        router.get("/api/admin/payments.csv") {
            try await export($0, .payments, owned($0, by: payment, PaymentAPI.payments.path(), .payments))
        }
        router.get("/api/admin/audit.csv") { try await export($0, .audit, trail()) }
    }

    private func export(_ context: RequestContext, _ table: CSVTable, _ pages: @escaping Pages) async throws -> HTTPResponse {
        _ = try await context.requireAdmin(admins)
        // Asked before the answer begins: a refusal is still an ordinary error.
        let first = try await pages(1)
        var headers: HTTPHeaders = ["Content-Type": "text/csv; charset=utf-8", "Cache-Control": "no-store"]
        headers.add("Content-Disposition", "attachment; filename=\"\(table.member).csv\"")
        return HTTPResponse(
            headers: headers,
            body: .stream(length: nil) { writer in
                var csv = CSVWriter()
                csv.line(table.heading)
                try await writer.write(CSVWriter.mark + csv.take())
                var rows = first
                var page = 1
                while let current = rows {
                    for row in current { csv.line(table.line(row)) }
                    try await writer.write(csv.take())
                    page += 1
                    rows = current.count < Self.rowsAtOnce ? nil : try await pages(page)
                }
            })
    }

    /// The owner's list with the filters of the request.
    private func owned(_ context: RequestContext, by owner: OwnerClient, _ path: String, _ table: CSVTable) -> Pages {
        let filters = context.request.query.split(separator: "&").filter { !$0.hasPrefix("page=") && !$0.hasPrefix("limit=") }
        return { page in
            let query = (filters + ["page=\(page)", "limit=\(Self.rowsAtOnce)"]).joined(separator: "&")
            let answer = try await owner.ask(context, .get, "\(path)?\(query)")
            guard answer.succeeded else { throw Self.refusal(answer) }
            return answer.body[table.member]?.arrayValue
        }
    }

    private func trail() -> Pages {
        let audit = audit
        return { page in
            try await audit.list(entityType: nil, entityID: nil, Page(page: page, limit: Self.rowsAtOnce)).records.map { record in
                var json = JSONWriter()
                json.object { record.write(to: &$0) }
                return try JSONValue.parse(json.finish())
            }
        }
    }

    private static func refusal(_ answer: OwnerAnswer) -> APIError {
        guard answer.status == 400 else { return .upstreamFailed }
        return .badRequest(
            answer.body["code"]?.stringValue ?? "VALIDATION_FAILED", answer.body["error"]?.stringValue ?? "Validation failed")
    }
}

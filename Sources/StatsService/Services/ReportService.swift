// The use cases of the reports: what is asked for, within bounds, from the rollups.
import TiketiCore
import TiketiNet

/// How many wait for each event, from where the queue lives; nil while that can't be asked.
typealias QueueLengths = @Sendable ([UUID]) async -> [Int]?

struct ReportService: Sendable {
    static let longestSpan = 400
    static let defaultSpan = 30

    let store: any ReportStore
    let queueLengths: QueueLengths

    func totals() async throws -> Totals { try await store.totals() }

    func events() async throws -> [EventStats] { try await store.events() }

    func payments() async throws -> PaymentOutcomes { try await store.payments() }

    /// From and to are days in Seoul, both included; by default the last thirty.
    func revenue(from: String? = nil, to: String? = nil, group: RevenueGroup = .day) async throws -> [RevenueDay] {
        var faults: [FieldError] = []
        guard let today = CalendarDay(try await store.today()) else { throw APIError.internal }
        let last = Self.day(to, "to", faults: &faults)
        let first = Self.day(from, "from", faults: &faults)
        // With one end given the span hangs on it.
        let end = last ?? first.map { max($0, min($0.adding(Self.defaultSpan - 1), today)) } ?? today
        let start = first ?? end.adding(1 - Self.defaultSpan)
        if faults.isEmpty, end < start { faults.append(FieldError("to", "must not be before from")) }
        if faults.isEmpty, end.number - start.number >= Self.longestSpan {
            faults.append(FieldError("from", "must be at most \(Self.longestSpan) days before to"))
        }
        guard faults.isEmpty else { throw APIError.validation(faults) }
        return try await store.revenue(from: start.description, to: end.description, group: group)
    }

    func dashboard() async throws -> Dashboard {
        let events = try await store.events()
        let queues = await queueLengths(events.map(\.id))
        return Dashboard(
            totals: try await store.totals(), events: events, revenue: try await revenue(), waiting: queues.map { $0.reduce(0, +) },
            queues: zip(events, queues ?? []).compactMap { $1 > 0 ? Dashboard.Queue(eventID: $0.id, waiting: $1) : nil },
            recent: try await store.recent(limit: 10), payments: try await store.payments())
    }

    private static func day(_ text: String?, _ field: String, faults: inout [FieldError]) -> CalendarDay? {
        guard let text else { return nil }
        guard let day = CalendarDay(text) else {
            faults.append(FieldError(field, "must be a day such as 2026-03-15"))
            return nil
        }
        return day
    }
}

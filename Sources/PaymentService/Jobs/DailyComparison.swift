// The daily comparison of our books with Toss's.
import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Compares each day with Toss's list of transactions, once over all instances. Differences are logged, counted and handed to the
/// reconciler.
struct DailyComparison: Sendable {
    private let store: ComparisonStore
    private let toss: TossClient
    private let metrics: PaymentMetrics
    private let logger: Logger
    /// Between two looks whether a day has become complete.
    private static let interval: Duration = .seconds(600)
    private static let pageSize = 1000

    init(store: ComparisonStore, toss: TossClient, metrics: PaymentMetrics, logger: Logger) {
        self.store = store
        self.toss = toss
        self.metrics = metrics
        self.logger = logger
    }

    /// One round: every day that nobody has compared yet.
    func tick() async throws -> Duration {
        while !Task.isCancelled, let day = try await store.claim() { _ = try await compare(day) }
        return Self.interval
    }

    /// Returns how many payments differ; nil when Toss did not answer, and the day stays open.
    func compare(_ day: ComparisonStore.Day) async throws -> Int? {
        var last: String?
        var lines = 0
        var paid: [String] = []
        var differences = 0
        while true {
            guard let page = await toss.transactions(from: day.from, to: day.to, after: last, limit: Self.pageSize) else {
                logger.warning("Toss's list of transactions could not be read", metadata: ["day": "\(day.name)"])
                return nil
            }
            for difference in try await store.compare(page) {
                differences += 1
                report(difference.orderID, toss: difference.toss, ours: difference.ours)
            }
            lines += page.count
            paid += page.filter { $0.status == "DONE" }.map(\.orderID)
            guard page.count == Self.pageSize, let end = page.last?.key, end != last else { break }
            last = end
        }
        for order in try await store.missing(day, paid: paid) {
            differences += 1
            report(order, toss: "nothing", ours: "confirmed")
        }
        try await store.finish(day, lines: lines, differences: differences)
        logger.info("compared with Toss", metadata: ["day": "\(day.name)", "lines": "\(lines)", "differences": "\(differences)"])
        return differences
    }

    private func report(_ order: String, toss: String, ours: String) {
        metrics.alarm("difference")
        logger.critical("our books and Toss's differ", metadata: ["orderId": "\(order)", "ours": "\(ours)", "toss": "\(toss)"])
    }
}

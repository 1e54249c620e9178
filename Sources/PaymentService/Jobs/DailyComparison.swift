import Logging
import TiketiCore
import TiketiNet
import TiketiStore

/// Compares each day with Toss's list of transactions, once over all instances. Differences are logged, counted and handed to the
/// reconciler.
public final class DailyComparison: Service {
    private let store: ComparisonStore
    private let toss: TossClient
    private let metrics: PaymentMetrics
    private let logger: Logger
    private let loop: EventLoop
    private let stopped = Locked<Bool>(false)
    private static let pageSize = 1000

    public init(store: ComparisonStore, toss: TossClient, metrics: PaymentMetrics, logger: Logger, loop: EventLoop) {
        self.store = store
        self.toss = toss
        self.metrics = metrics
        self.logger = logger
        self.loop = loop
    }

    public func start() async throws {
        _ = loop.spawn { [self] in
            while !stopped.withLock({ $0 }) {
                do {
                    while let day = try await store.claim() { _ = try await compare(day) }
                } catch {
                    logger.warning("the daily comparison will be tried again", metadata: ["error": "\(error)"])
                }
                try? await loop.sleep(nanoseconds: 600_000_000_000)
            }
        }
    }

    public func drain() async { stopped.withLock { $0 = true } }

    public func stop() async { await drain() }

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

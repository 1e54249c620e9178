// Writes counted news views every few seconds, and what is left when the process ends.
import Logging
import TiketiCore
import TiketiNet

/// One statement for all views of an interval, instead of an UPDATE for each.
struct ViewWriter: Service {
    private static let interval = Duration.seconds(5)

    private let job: Job
    private let news: NewsService
    private let logger: Logger

    init(news: NewsService, runtime: ServiceRuntime) {
        self.news = news
        logger = runtime.logger
        job = Job("news-views", loop: runtime.group.next(), logger: runtime.logger, metrics: runtime.metrics) {
            try await news.writeViews()
            return Self.interval
        }
    }

    func start() async throws { try await job.start() }

    func drain() async { await job.drain() }

    func stop() async {
        await job.stop()
        do { try await news.writeViews() } catch { logger.warning("news views are lost", metadata: ["reason": "\(error)"]) }
    }
}

// News as HTML, made once for each version of a text and kept in memory: a page that a crowd reads costs one rendering.
import TiketiCore
import TiketiNet

/// The latest renderings.
final class RenderedNews: Sendable {
    private struct Version: Hashable {
        let id: UUID
        let updatedAt: Timestamp
    }

    private let threads: BlockingPool
    private let kept = Locked<[Version: String]>([:])
    private let calls = Coalescer<Version, String, any Error>(.callUnderWay)

    /// Texts that are kept; beyond that all are forgotten, which costs no more than making them again.
    private static let limit = 256
    /// Bytes of HTML; a longer one is made each time.
    private static let longest = 256 * 1024

    /// - Parameter threads: render, so that no text holds an event loop up.
    init(threads: BlockingPool) { self.threads = threads }

    /// The content of an item as HTML that is safe in a page.
    func html(of item: NewsItem) async throws -> String {
        let version = Version(id: item.id, updatedAt: item.updatedAt)
        if let html = kept.withLock({ $0[version] }) { return html }
        let content = item.content
        return try await calls.value(version) { [self] in
            let html = try await threads.run { Markdown.html(content) }
            guard html.utf8.count <= Self.longest else { return html }
            kept.withLock { kept in
                if kept.count >= Self.limit { kept = [:] }
                kept[version] = html
            }
            return html
        }
    }
}

// News: written by admins with an audit record each, read by everybody. Views are counted in memory and written in batches.
import Logging
import TiketiCore
import TiketiNet

/// The news and their readers.
final class NewsService: Sendable {
    private struct Views {
        var counted: [UUID: Int] = [:]
        /// On their way to the database.
        var writing: [UUID: Int] = [:]
    }

    private let store: NewsStore
    private let logger: Logger
    private let views = Locked(Views())

    init(store: NewsStore, logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Drafts first where they are shown, then pinned first, newest first.
    func list(_ selection: NewsSelection, _ page: Page) async throws -> (items: [NewsItem], total: Int) {
        var found = try await store.list(selection, limit: page.limit, offset: page.offset)
        for index in found.items.indices { found.items[index].views += unwritten(found.items[index].id) }
        return found
    }

    /// What is published, as the public reads it.
    /// - Parameter isView: whether a person reads it now: a look at the head or a browser's guess is none.
    /// - Throws: 404.
    func read(_ id: UUID, isView: Bool) async throws -> NewsItem {
        guard var item = try await store.find(id: id), item.publishedAt != nil else { throw APIError.notFound }
        if isView { views.withLock { $0.counted[id, default: 0] += 1 } }
        item.views += unwritten(id)
        return item
    }

    /// What is published or not, as admins see it: no view.
    /// - Throws: 404.
    func find(_ id: UUID) async throws -> NewsItem {
        guard var item = try await store.find(id: id) else { throw APIError.notFound }
        item.views += unwritten(id)
        return item
    }

    func create(_ text: NewsText, by actor: AdminActor) async throws -> NewsItem {
        let item = try await store.create(text, audit: AuditEntry(by: actor, "news.create", "news"))
        logger.adminAction("news.create", item.id, actor)
        return item
    }

    /// - Throws: 404.
    func update(_ id: UUID, _ change: NewsChange, by actor: AdminActor) async throws -> NewsItem {
        guard var item = try await store.update(id: id, change, audit: AuditEntry(by: actor, "news.update", "news")) else {
            throw APIError.notFound
        }
        logger.adminAction("news.update", id, actor)
        item.views += unwritten(id)
        return item
    }

    /// - Throws: 404.
    func delete(_ id: UUID, by actor: AdminActor) async throws {
        guard try await store.delete(id: id, audit: AuditEntry(by: actor, "news.delete", "news")) else { throw APIError.notFound }
        logger.adminAction("news.delete", id, actor)
    }

    /// Writes what was counted since the last call. One caller at a time. What can't be written is kept for the next.
    func writeViews() async throws {
        let batch = views.withLock { views in
            views.writing = views.counted
            views.counted = [:]
            return views.writing
        }
        guard !batch.isEmpty else { return }
        do {
            try await store.add(views: batch)
            views.withLock { $0.writing = [:] }
        } catch {
            views.withLock { views in
                views.counted.merge(batch, uniquingKeysWith: +)
                views.writing = [:]
            }
            throw error
        }
    }

    private func unwritten(_ id: UUID) -> Int { views.withLock { ($0.counted[id] ?? 0) + ($0.writing[id] ?? 0) } }
}

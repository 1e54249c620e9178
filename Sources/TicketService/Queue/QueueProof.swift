// What a draw can be checked with, and the answers that show it.
import TiketiCore
import TiketiJSON
import TiketiNet

/// A draw as far as it is public. Its entries are many and are fetched by the page.
struct QueueProof: Sendable, Equatable {
    /// False where everybody is let in, and nothing is drawn.
    var isQueued: Bool
    /// Published before the draw; nil before anybody joined.
    var commitment: String?
    /// Nil before the draw.
    var seed: [UInt8]?
    var entryCount: Int

    /// Entries of one page.
    static let pageSize = 10_000
    var pages: Int { max(1, (entryCount + Self.pageSize - 1) / Self.pageSize) }
    /// Says which answer it is: another draw has another commitment, and a page never changes once the seed is out.
    func etag(page: Int) -> String {
        "W/\"proof-\(commitment?.prefix(24) ?? "none")-\(seed == nil ? "open" : "drawn")-\(isQueued)-\(page)\""
    }

    func answer(page: Int, entries: [UUID]) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + entries.count * 39)
        writer.object {
            $0.member("success", true)
            $0.member("queueEnabled", isQueued)
            $0.member("commitment", commitment)
            $0.member("seed", seed.map { Hex.encode($0) })
            $0.member("algorithm", QueueDraw.algorithm)
            $0.member("entries", entries)
            $0.pagination(Page(page: page, limit: Self.pageSize), total: entryCount)
        }
        return writer.finish()
    }
}

// Which pages of the event list are worth keeping in Redis, so that nobody can fill it by asking for what nobody else asks for.
import TiketiCore
import TiketiNet

/// Which lists are kept: the first pages of usual sizes, each of at most `largest` bytes; `ListCacheBudget` bounds them together.
enum ListCachePolicy {
    /// Bytes of one kept page.
    static let largest = 64 << 10
    private static let pages = 1...3
    private static let limits: Set<Int> = [10, 12, 20, 24]

    static func keeps(_ page: Page) -> Bool { pages.contains(page.page) && limits.contains(page.limit) }
}

// `page` and `limit` of a list, and the `pagination` member of its answer (spec §3, §10).
import TiketiJSON

/// One page of a list, counted from 1.
public struct Page: Sendable, Equatable {
    /// From 1.
    public var page: Int
    /// Entries of one page.
    public var limit: Int

    /// A page that has been checked; requests come through `QueryParameters`.
    public init(page: Int = 1, limit: Int = 20) {
        self.page = page
        self.limit = limit
    }

    /// Rows before this page.
    public var offset: Int { (page - 1) * limit }

    /// Reads `page` and `limit`; out of range is 400.
    public static func read(from query: QueryParameters, default limit: Int = 20, max: Int = 100) throws(APIError) -> Page {
        Page(
            page: try query.int("page", default: 1, in: 1...1_000_000),
            limit: try query.int("limit", default: limit, in: 1...max))
    }
}

extension JSONWriter {
    /// `"pagination":{"total","page","limit","totalPages"}`.
    public mutating func pagination(_ page: Page, total: Int) {
        object("pagination") {
            $0.member("total", total)
            $0.member("page", page.page)
            $0.member("limit", page.limit)
            $0.member("totalPages", (total + page.limit - 1) / page.limit)
        }
    }
}

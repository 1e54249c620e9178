// Events as JSON. Written once, cached as bytes.
import TiketiCore
import TiketiJSON
import TiketiNet

enum EventJSON {
    /// - Parameter descriptions: false leaves them null, for `EventListTemplate`.
    static func list(_ page: EventPage, _ asked: Page, descriptions: Bool = true) -> [UInt8] {
        object { writer in
            writer.array("data", page.events) { writer, event in writer.object { summary(event, &$0, description: descriptions) } }
            writer.pagination(asked, total: page.total)
        }
    }

    static func detail(_ detail: EventDetail) -> [UInt8] {
        object { $0.object("event") { body(detail, &$0) } }
    }

    static func ticketTypes(_ detail: EventDetail) -> [UInt8] {
        object { $0.member("ticketTypes", raw: detail.ticketTypesJSON) }
    }

    private static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object {
            $0.member("success", true)
            members(&$0)
        }
        return writer.finish()
    }

    private static func summary(_ event: Event, _ writer: inout JSONWriter, description: Bool = true) {
        writer.member("id", event.id)
        writer.member("title", event.title)
        writer.member("description", description ? event.description : nil)
        writer.member("venue", event.venue)
        writer.member("eventDate", event.eventDate)
        writer.member("saleStartDate", event.saleStartDate)
        writer.member("saleEndDate", event.saleEndDate)
        writer.member("posterImageUrl", event.posterImageURL)
        writer.member("status", event.status)
        writer.member("artistName", event.artistName)
    }

    private static func body(_ detail: EventDetail, _ writer: inout JSONWriter) {
        summary(detail.event, &writer)
        writer.member("address", detail.event.address)
        writer.member("queueEnabled", detail.event.queueEnabled)
        if let commitment = detail.queueCommitment { writer.member("queueCommitment", commitment) }
        writer.member("ticketTypes", raw: detail.ticketTypesJSON)
    }

    /// For organisers: what readers see and what only organisers need.
    static func admin(_ detail: EventDetail, _ writer: inout JSONWriter) {
        writer.object("event") {
            body(detail, &$0)
            adminMembers(detail.event, &$0)
        }
    }

    static func adminSummary(_ event: Event, _ writer: inout JSONWriter) {
        summary(event, &writer)
        writer.member("address", event.address)
        writer.member("queueEnabled", event.queueEnabled)
        adminMembers(event, &writer)
    }

    private static func adminMembers(_ event: Event, _ writer: inout JSONWriter) {
        writer.member("seatLayoutId", event.seatLayoutID)
        writer.member("createdBy", event.createdBy)
        writer.member("totalSeats", event.totalSeats)
        writer.member("soldSeats", event.soldSeats)
        writer.member("version", event.version)
        writer.member("createdAt", event.createdAt)
        writer.member("updatedAt", event.updatedAt)
        writer.member("deletedAt", event.deletedAt)
    }
}

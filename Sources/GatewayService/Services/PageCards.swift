// Which tags a page of the app carries in its head: the list's own, or an event's.
import TiketiCore
import TiketiJSON
import TiketiNet

/// Makes cards for `/` and `/events/:id`; other pages have none.
struct PageCards: Sendable {
    let events: EventPages
    /// Where the world reaches the gateway, without a slash at the end; nil when nobody said so.
    let publicURL: String?

    func card(for path: String) async -> PageCard? {
        let segments = path.split(separator: "/")
        if segments.isEmpty { return home }
        guard segments.count == 2, segments[0] == "events", let id = UUID(String(segments[1])),
            let event = await events.event(id)
        else { return nil }
        return card(event, id)
    }

    private var home: PageCard {
        PageCard(
            title: "Tiketi — 공연 티켓 예매", description: "콘서트, 뮤지컬, 페스티벌 티켓을 공정하게. 실시간 좌석, 투명한 대기열.", url: publicURL.map { $0 + "/" },
            image: nil, event: nil)
    }

    private func card(_ event: JSONValue, _ id: UUID) -> PageCard? {
        guard let title = event["title"]?.stringValue, let venue = event["venue"]?.stringValue, let date = event["eventDate"]?.stringValue
        else { return nil }
        let types = event["ticketTypes"]?.arrayValue ?? []
        let prices = types.compactMap { $0["price"]?.intValue }
        let status = event["status"]?.stringValue
        var description = event["description"]?.stringValue ?? ""
        if description.isEmpty { description = [event["artistName"]?.stringValue, venue].compactMap { $0 }.joined(separator: " · ") }
        return PageCard(
            title: title, description: Self.shortened(description), url: publicURL.map { "\($0)/events/\(id)" },
            image: event["posterImageUrl"]?.stringValue.flatMap(absolute),
            event: EventCard(
                startDate: date, venue: venue, address: event["address"]?.stringValue, performer: event["artistName"]?.stringValue,
                isCancelled: status == "cancelled", lowestPrice: prices.min(), highestPrice: prices.max(),
                isAvailable: status == "on_sale" || status == "upcoming"))
    }

    /// Who reads a card has no page that an address could be relative to.
    private func absolute(_ url: String) -> String? {
        if url.hasPrefix("https://") || url.hasPrefix("http://") { return url }
        return publicURL.map { $0 + url }
    }

    private static func shortened(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= 200 ? words : String(words.prefix(199)) + "…"
    }
}

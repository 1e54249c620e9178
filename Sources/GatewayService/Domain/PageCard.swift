// What a shared link shows: OpenGraph's tags (https://ogp.me) and, for an event, schema.org's JSON-LD as a data block, which no browser
// runs.
import TiketiJSON
import TiketiNet

/// Title, description and image of one page.
struct PageCard: Sendable, Equatable {
    var title: String
    var description: String
    /// Absolute addresses; nil where none is known.
    var url: String?
    var image: String?
    var event: EventCard?

    /// For the end of the head.
    var tags: String {
        var tags = Self.meta(name: "description", description)
        tags += Self.meta(property: "og:site_name", "Tiketi")
        tags += Self.meta(property: "og:type", event == nil ? "website" : "event")
        tags += Self.meta(property: "og:title", title)
        tags += Self.meta(property: "og:description", description)
        if let url {
            tags += Self.meta(property: "og:url", url)
            tags += "<link rel=\"canonical\" href=\"\(HTMLText.escaped(url))\">"
        }
        if let image { tags += Self.meta(property: "og:image", image) }
        tags += Self.meta(name: "twitter:card", image == nil ? "summary" : "summary_large_image")
        if let event { tags += "<script type=\"application/ld+json\">\(event.jsonLD(self))</script>" }
        return tags
    }

    private static func meta(name: String, _ content: String) -> String {
        "<meta name=\"\(name)\" content=\"\(HTMLText.escaped(content))\">"
    }

    private static func meta(property: String, _ content: String) -> String {
        "<meta property=\"\(property)\" content=\"\(HTMLText.escaped(content))\">"
    }
}

/// What search engines want to know of an event (https://schema.org/Event).
struct EventCard: Sendable, Equatable {
    var startDate: String
    var venue: String
    var address: String?
    var performer: String?
    var isCancelled: Bool
    /// Whole won; nil without ticket types.
    var lowestPrice: Int?
    var highestPrice: Int?
    var isAvailable: Bool

    /// The document, safe inside an HTML element: no character in it can end a script or begin a comment.
    func jsonLD(_ card: PageCard) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("@context", "https://schema.org")
            json.member("@type", "Event")
            json.member("name", card.title)
            json.member("description", card.description)
            json.member("startDate", startDate)
            json.member("eventStatus", "https://schema.org/" + (isCancelled ? "EventCancelled" : "EventScheduled"))
            json.member("eventAttendanceMode", "https://schema.org/OfflineEventAttendanceMode")
            json.object("location") { json in
                json.member("@type", "Place")
                json.member("name", venue)
                json.member("address", address ?? venue)
            }
            if let image = card.image { json.member("image", image) }
            if let performer {
                json.object("performer") { json in
                    json.member("@type", "PerformingGroup")
                    json.member("name", performer)
                }
            }
            if let lowestPrice, let highestPrice {
                json.object("offers") { json in
                    json.member("@type", "AggregateOffer")
                    json.member("priceCurrency", "KRW")
                    json.member("lowPrice", lowestPrice)
                    json.member("highPrice", highestPrice)
                    json.member("availability", "https://schema.org/" + (isAvailable ? "InStock" : "SoldOut"))
                    if let url = card.url { json.member("url", url) }
                }
            }
        }
        return HTMLText.scriptSafe(String(decoding: json.finish(), as: UTF8.self))
    }
}

/// Text inside of HTML.
enum HTMLText {
    /// For element content and quoted attributes.
    static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// JSON for a script element: these characters stand only inside of strings, where an escape means the same.
    static func scriptSafe(_ json: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            switch scalar {
            case "<": result.append(contentsOf: "\\u003c".unicodeScalars)
            case ">": result.append(contentsOf: "\\u003e".unicodeScalars)
            case "&": result.append(contentsOf: "\\u0026".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}

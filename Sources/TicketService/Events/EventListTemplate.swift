// A page of the event list without its descriptions, as it is cached.
import TiketiNet

/// The JSON of a page in which descriptions read null, and the places where they go.
///
/// It is found by its bytes: a quotation mark inside a text is escaped, so that these can be nothing but the members' names.
struct EventListTemplate: Sendable {
    let bytes: [UInt8]
    private let gaps: [(event: UUID, null: Range<Int>)]

    private static let start = Array("{\"id\":\"".utf8)
    private static let gap = Array("\"description\":null".utf8)
    private static let idLength = 36

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var gaps: [(event: UUID, null: Range<Int>)] = []
        var event: UUID?
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "{"), Self.matches(Self.start, bytes, index) {
                let id = index + Self.start.count
                event = id + Self.idLength <= bytes.count ? UUID(String(decoding: bytes[id..<id + Self.idLength], as: UTF8.self)) : nil
                index = id + Self.idLength
            } else if let id = event, bytes[index] == UInt8(ascii: "\""), Self.matches(Self.gap, bytes, index) {
                let end = index + Self.gap.count
                gaps.append((id, end - 4..<end))
                event = nil
                index = end
            } else {
                index += 1
            }
        }
        self.gaps = gaps
    }

    /// The events whose descriptions are left out, in the order of the page.
    var events: [UUID] { gaps.map(\.event) }

    /// The page with descriptions, given as JSON; one that is missing stays null.
    func filled(_ descriptions: [UUID: [UInt8]]) -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(bytes.count + gaps.reduce(0) { $0 + (descriptions[$1.event]?.count ?? 4) })
        var copied = 0
        for gap in gaps {
            guard let description = descriptions[gap.event] else { continue }
            page += bytes[copied..<gap.null.lowerBound]
            page += description
            copied = gap.null.upperBound
        }
        page += bytes[copied...]
        return page
    }

    private static func matches(_ pattern: [UInt8], _ bytes: [UInt8], _ index: Int) -> Bool {
        guard index + pattern.count <= bytes.count else { return false }
        for offset in pattern.indices where bytes[index + offset] != pattern[offset] { return false }
        return true
    }
}

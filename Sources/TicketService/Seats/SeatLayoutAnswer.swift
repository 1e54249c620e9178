// The hall of an event, for pages that draw it: everything about its seats that never changes, written and compressed once.
import TiketiCore
import TiketiJSON
import TiketiNet

/// `{"success":true,"sections":[{"name","price"?,"rows":[{"label","price"?,"seats":[{"id","label","price"?}]}]}]}`: a price stands at the
/// section or the row whose seats all have it. The seats' order is that of `states`. Immutable.
final class SeatLayoutAnswer: Sendable {
    let plain: [UInt8]
    let etag: String
    private let packed = Locked<[UInt8]?>(nil)

    /// Takes seats section by section, row by row.
    init(_ seats: [SeatRow]) {
        var writer = JSONWriter(capacity: 256 + seats.count * 72)
        writer.object { writer in
            writer.member("success", true)
            writer.array("sections", seats.chunked { $0.section == $1.section }) { writer, section in
                Self.write(section, &writer)
            }
        }
        plain = writer.finish()
        etag = "W/\"layout-\(Hex.encode(Crypto.sha256(plain).prefix(12)))\""
    }

    /// The same, compressed (RFC 1952); made when first asked for.
    var gzip: [UInt8]? {
        packed.withLock { packed in
            if packed == nil { packed = GzipFile.of(plain) }
            return packed
        }
    }

    private static func write(_ section: ArraySlice<SeatRow>, _ writer: inout JSONWriter) {
        let price = section.commonPrice
        writer.object { writer in
            writer.member("name", section.first?.section)
            if let price { writer.member("price", raw: Array(price.utf8)) }
            writer.array("rows", section.chunked { $0.row == $1.row }) { writer, row in
                let rowPrice = price == nil ? row.commonPrice : nil
                writer.object { writer in
                    writer.member("label", row.first?.row)
                    if let rowPrice { writer.member("price", raw: Array(rowPrice.utf8)) }
                    writer.array("seats", row) { writer, seat in
                        writer.object {
                            $0.member("id", seat.id)
                            $0.member("label", seat.number)
                            if price == nil && rowPrice == nil { $0.member("price", raw: Array(seat.price.utf8)) }
                        }
                    }
                }
            }
        }
    }
}

extension ArraySlice<SeatRow> {
    /// The price of all of them, if there is one.
    fileprivate var commonPrice: String? { allSatisfy { $0.price == first?.price } ? first?.price : nil }
}

extension RandomAccessCollection where Index == Int {
    /// Runs of neighbours that belong together.
    fileprivate func chunked(by belong: (Element, Element) -> Bool) -> [SubSequence] {
        var chunks: [SubSequence] = []
        var start = startIndex
        for index in indices where index > start && !belong(self[index - 1], self[index]) {
            chunks.append(self[start..<index])
            start = index
        }
        if start < endIndex { chunks.append(self[start..<endIndex]) }
        return chunks
    }
}

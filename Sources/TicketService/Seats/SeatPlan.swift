// What never changes of an event's seats: ids, places and prices, written as JSON once, and the chunks that are compressed
// together. Immutable.
import TiketiCore
import TiketiJSON
import TiketiNet

/// The unchanging half of an event's seat map.
final class SeatPlan: Sendable {
    let event: UUID
    let ids: [UUID]
    /// Seats that are compressed together: neighbours of one section.
    let chunks: [Range<Int>]
    /// Whether a section begins with the chunk.
    let beginsSection: [Bool]
    /// The chunks of each section, in the order of the map.
    let sections: [(name: String, chunks: Range<Int>)]
    private let positions: [UUID: Int]
    /// Every seat's JSON up to the status, one after the other, and where each begins (one more for the end).
    private let fixed: [UInt8]
    private let starts: [Int]
    /// What pages draw the hall from: `SeatLayoutAnswer`.
    let layout: SeatLayoutAnswer

    /// Small enough to be compressed again for one changed seat, large enough to compress well.
    static let chunkSeats = 128

    /// Takes seats section by section. Takes time in proportion to them.
    init(event: UUID, _ rows: [SeatRow]) {
        self.event = event
        var (fixed, starts, chunks, begins): ([UInt8], [Int], [Range<Int>], [Bool]) = ([], [0], [], [])
        var sections: [(name: String, chunks: Range<Int>)] = []
        fixed.reserveCapacity(rows.count * 220)
        let eventText = event.description
        var (chunkStart, sectionStart) = (0, 0)
        for (index, row) in rows.enumerated() {
            var writer = JSONWriter(capacity: 256)
            writer.object {
                $0.member("id", row.id)
                $0.member("eventId", eventText)
                $0.member("section", row.section)
                $0.member("rowNumber", row.row)
                $0.member("seatNumber", row.number)
                $0.member("seatLabel", row.label)
                $0.member("price", raw: Array(row.price.utf8))
            }
            fixed += writer.finish().dropLast()
            fixed += Array(",\"status\":\"".utf8)
            starts.append(fixed.count)
            let endsSection = index + 1 == rows.count || rows[index + 1].section != row.section
            if endsSection || index + 1 - chunkStart == Self.chunkSeats {
                begins.append(chunks.count == sectionStart)
                chunks.append(chunkStart..<index + 1)
                chunkStart = index + 1
            }
            if endsSection {
                sections.append((row.section, sectionStart..<chunks.count))
                sectionStart = chunks.count
            }
        }
        ids = rows.map(\.id)
        layout = SeatLayoutAnswer(rows)
        positions = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        (self.fixed, self.starts, self.chunks, beginsSection, self.sections) = (fixed, starts, chunks, begins, sections)
    }

    func position(of seat: UUID) -> Int? { positions[seat] }

    func chunk(of position: Int) -> Int {
        var (low, high) = (0, chunks.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].upperBound <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Appends the JSON of seats, each but the first with a comma before it.
    func write(_ seats: some Sequence<Int>, _ states: [SeatState], into bytes: inout [UInt8], commaFirst: Bool) {
        var needsComma = commaFirst
        for seat in seats {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            needsComma = true
            bytes += fixed[starts[seat]..<starts[seat + 1]]
            states[seat].tail.withUTF8Buffer { bytes += $0 }
        }
    }

    /// The JSON of one chunk; with a comma before it unless its section begins with it.
    func bytes(ofChunk chunk: Int, _ states: [SeatState]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(starts[chunks[chunk].upperBound] - starts[chunks[chunk].lowerBound] + chunks[chunk].count * 12)
        write(chunks[chunk], states, into: &bytes, commaFirst: !beginsSection[chunk])
        return bytes
    }

    /// About how many bytes it occupies.
    var size: Int { fixed.count + ids.count * 72 + layout.plain.count }
}

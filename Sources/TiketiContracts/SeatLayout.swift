// A hall as an organiser describes it: blocks of rows of seats with one price each. Checked here once, for the gateway that keeps layouts
// and for ticket that makes seats of them; what passes can be turned into seats as it is (docs/specification.md §3.8).
import TiketiJSON
import TiketiNet

/// A seat layout that obeys the limits.
public struct SeatLayout: Sendable, Equatable {
    /// One block: rows from `firstRow` on, each with seats 1 to `seatsPerRow`, all at one price. A section may come in several blocks.
    public struct Section: Sendable, Equatable {
        /// At most ``longestName`` characters; several blocks of one name make one section.
        public var name: String
        /// How many rows, at least one.
        public var rows: Int
        /// Seats of every row, at least one; they are numbered from 1.
        public var seatsPerRow: Int
        /// Whole won.
        public var price: Int64
        /// The label of the first row; the others follow from it.
        public var firstRow: SeatRowLabel

        init(name: String, rows: Int, seatsPerRow: Int, price: Int64, firstRow: SeatRowLabel = .number(1)) {
            (self.name, self.rows, self.seatsPerRow) = (name, rows, seatsPerRow)
            (self.price, self.firstRow) = (price, firstRow)
        }

        var seats: Int { rows * seatsPerRow }
    }

    /// The blocks in the hall's order, which the seat map keeps.
    public var sections: [Section]

    static let mostSections = 200
    static let mostSeats = 100_000
    static let longestName = 100
    static let prices: ClosedRange<Int64> = 0...99_999_999
    /// What one reservation's total, a DECIMAL(10,2), can hold in whole won.
    static let highestTotal: Int64 = 99_999_999

    /// From sections that are known to be valid; ``read(_:field:seatsPerUser:clean:faults:)`` is for those that are not.
    public init(sections: [Section]) { self.sections = sections }

    /// Seats of all sections.
    public var totalSeats: Int { sections.reduce(0) { $0 + $1.seats } }

    /// Reads `{"sections":[{"name","rows","seatsPerRow","price","startRow"?}]}`.
    ///
    /// - Parameters:
    ///   - field: the name of the value, put before the names in faults.
    ///   - seatsPerUser: seats one person may buy of an event; their sum must fit one reservation.
    ///   - clean: the rule for texts that people send (docs/specification.md §10, Text), for the sections' names; nil refuses.
    ///   - faults: takes every fault, each with the path of its field.
    /// - Returns: nil when there was a fault.
    public static func read(
        _ value: JSONValue?, field: String, seatsPerUser: Int = 1, clean: (String) -> String?, faults: inout [ContractFault]
    ) -> SeatLayout? {
        guard case .object? = value, case .array(let list)? = value?["sections"] else {
            faults.append(ContractFault(field, "must be an object with a list of sections"))
            return nil
        }
        guard (1...mostSections).contains(list.count) else {
            faults.append(ContractFault("\(field).sections", "must have 1 to \(mostSections) entries"))
            return nil
        }
        let before = faults.count
        var sections: [Section] = []
        for (index, entry) in list.enumerated() {
            var reader = SectionReader(entry: entry, path: "\(field).sections[\(index)]", seatsPerUser: seatsPerUser)
            if let section = reader.read(clean) { sections.append(section) }
            faults += reader.faults
        }
        guard faults.count == before else { return nil }
        let layout = SeatLayout(sections: sections)
        if layout.totalSeats > mostSeats {
            faults.append(ContractFault("\(field).sections", "must have at most \(mostSeats) seats together"))
        }
        if let index = layout.clash {
            faults.append(ContractFault("\(field).sections[\(index)].startRow", "makes rows that the section has already"))
        }
        return faults.count == before ? layout : nil
    }

    /// The first block that repeats a row of its section.
    private var clash: Int? {
        sections.indices.first { index in
            sections[..<index].contains { other in
                other.name == sections[index].name
                    && sections[index].firstRow.overlaps(sections[index].rows, other.firstRow, other.rows)
            }
        }
    }

    /// The member `sections`.
    func write(to writer: inout JSONWriter) {
        writer.array("sections", sections) { writer, section in
            writer.object {
                $0.member("name", section.name)
                $0.member("rows", section.rows)
                $0.member("seatsPerRow", section.seatsPerRow)
                $0.member("price", section.price)
                $0.key("startRow")
                switch section.firstRow {
                case .number(let number): $0.value(number)
                case .letters: $0.value(section.firstRow.text)
                }
            }
        }
    }

    /// As it is kept and sent: `{"sections":[…]}`.
    public var encoded: [UInt8] { JSONWriter.object(capacity: 64 + sections.count * 80) { write(to: &$0) } }
}

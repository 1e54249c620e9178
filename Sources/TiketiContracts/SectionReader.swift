// Reads one block of a seat layout.
import TiketiJSON

/// Collects what is wrong with one entry of `sections`.
struct SectionReader {
    let entry: JSONValue
    let path: String
    let seatsPerUser: Int
    var faults: [ContractFault] = []

    init(entry: JSONValue, path: String, seatsPerUser: Int) {
        (self.entry, self.path, self.seatsPerUser) = (entry, path, seatsPerUser)
    }

    mutating func read(_ clean: (String) -> String?) -> SeatLayout.Section? {
        guard case .object = entry else {
            faults.append(ContractFault(path, "must be an object"))
            return nil
        }
        let name = entry["name"]?.stringValue.flatMap(clean) ?? ""
        if name.isEmpty || name.unicodeScalars.count > SeatLayout.longestName {
            fail("name", "must have 1 to \(SeatLayout.longestName) characters, none of them a control character")
        }
        let rows = number("rows", 1...1000)
        let width = number("seatsPerRow", 1...1000)
        let price = number("price", SeatLayout.prices)
        if price.multipliedReportingOverflow(by: Int64(seatsPerUser)).overflow || price * Int64(seatsPerUser) > SeatLayout.highestTotal {
            fail("price", "times the \(seatsPerUser) seats one person may buy must not exceed \(SeatLayout.highestTotal)")
        }
        let first = firstRow()
        guard faults.isEmpty else { return nil }
        return SeatLayout.Section(name: name, rows: Int(rows), seatsPerRow: Int(width), price: price, firstRow: first)
    }

    private mutating func firstRow() -> SeatRowLabel {
        switch entry["startRow"] {
        case nil, .null?: return .number(1)
        case .string(let text)?:
            if let label = SeatRowLabel(letters: text) { return label }
            fail("startRow", "must be a number or one to three letters from A to Z")
            return .number(1)
        default: return .number(Int(number("startRow", 1...Int64(SeatRowLabel.most))))
        }
    }

    private mutating func number(_ key: String, _ range: ClosedRange<Int64>) -> Int64 {
        guard let value = entry[key]?.int64Value, range.contains(value) else {
            fail(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return range.lowerBound
        }
        return value
    }

    private mutating func fail(_ key: String, _ message: String) { faults.append(ContractFault("\(path).\(key)", message)) }
}

// A seat layout: sections of rows of seats with one price each. Checked here once; what passes can be turned into seats as it is.
import TiketiCore
import TiketiJSON

struct SeatLayout: Sendable, Equatable {
    struct Section: Sendable, Equatable {
        var name: String
        var rows: Int
        var seatsPerRow: Int
        var price: Int64
        var startRow: Int
    }

    static let mostSeats = 100_000
    static let mostSections = 100
    static let highestPrice: Int64 = 99_999_999

    var sections: [Section]

    var totalSeats: Int { sections.reduce(0) { $0 + $1.rows * $1.seatsPerRow } }

    /// Reads `{"sections":[…]}`; every fault is reported with the path of its field.
    static func read(_ value: JSONValue?, field: String, faults: inout [FieldError]) -> SeatLayout? {
        guard case .object? = value, case .array(let list)? = value?["sections"] else {
            faults.append(FieldError(field, "must be an object with a list of sections"))
            return nil
        }
        guard !list.isEmpty, list.count <= mostSections else {
            faults.append(FieldError("\(field).sections", "must have 1 to \(mostSections) entries"))
            return nil
        }
        let before = faults.count
        var sections: [Section] = []
        for (index, entry) in list.enumerated() {
            if let section = self.section(entry, path: "\(field).sections[\(index)]", faults: &faults) { sections.append(section) }
        }
        guard faults.count == before else { return nil }
        let layout = SeatLayout(sections: sections)
        if layout.totalSeats > mostSeats {
            faults.append(FieldError("\(field).sections", "must have at most \(mostSeats) seats together"))
        }
        if let clash = layout.clash {
            faults.append(FieldError("\(field).sections", "section \(clash) has the same row twice"))
        }
        return faults.count == before ? layout : nil
    }

    private static func section(_ entry: JSONValue, path: String, faults: inout [FieldError]) -> Section? {
        guard case .object = entry else {
            faults.append(FieldError(path, "must be an object"))
            return nil
        }
        let before = faults.count
        func number(_ key: String, _ range: ClosedRange<Int64>, default fallback: Int64? = nil) -> Int64 {
            if let fallback, entry[key] == nil || entry[key] == .null { return fallback }
            guard let value = entry[key]?.int64Value, range.contains(value) else {
                faults.append(
                    FieldError("\(path).\(key)", "must be a whole number from \(range.lowerBound) to \(range.upperBound)"))
                return range.lowerBound
            }
            return value
        }
        let name = (entry["name"]?.stringValue ?? "").trimmed
        if name.isEmpty || name.count > 50 {
            faults.append(FieldError("\(path).name", "must be 1 to 50 characters long"))
        }
        let rows = number("rows", 1...1000)
        let seats = number("seatsPerRow", 1...1000)
        let price = number("price", 0...highestPrice)
        let start = number("startRow", 1...10_000, default: 1)
        guard faults.count == before else { return nil }
        return Section(name: name, rows: Int(rows), seatsPerRow: Int(seats), price: price, startRow: Int(start))
    }

    /// A section may come in several parts (other rows, another price), but no row of it twice.
    private var clash: String? {
        for (index, section) in sections.enumerated() {
            for other in sections[..<index] where other.name == section.name {
                if section.startRow < other.startRow + other.rows, other.startRow < section.startRow + section.rows { return section.name }
            }
        }
        return nil
    }

    func write(to json: inout JSONWriter) {
        json.array("sections", sections) { json, section in
            json.object { json in
                json.member("name", section.name)
                json.member("rows", section.rows)
                json.member("seatsPerRow", section.seatsPerRow)
                json.member("price", section.price)
                json.member("startRow", section.startRow)
            }
        }
    }

    var encoded: [UInt8] {
        var json = JSONWriter()
        json.object { write(to: &$0) }
        return json.finish()
    }
}

extension String {
    /// Without spaces and line ends around it.
    var trimmed: String {
        var view = self[...]
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}

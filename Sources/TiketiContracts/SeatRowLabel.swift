// What the rows of a hall are called: numbers, or letters as in a theatre.

/// The label of a row.
public enum SeatRowLabel: Sendable, Equatable {
    /// 1, 2, 3, …
    case number(Int)
    /// A is 1, Z is 26, AA is 27.
    case letters(Int)

    /// Highest first row of a block, whichever way it is written; ZZZ is 18,278.
    public static let most = 100_000
    private static let mostLetters = 3

    /// Reads letters; nil when they are not one to three of A to Z.
    public init?(letters text: String) {
        guard (1...Self.mostLetters).contains(text.utf8.count) else { return nil }
        var ordinal = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): ordinal = ordinal * 26 + Int(byte - 64)
            case UInt8(ascii: "a")...UInt8(ascii: "z"): ordinal = ordinal * 26 + Int(byte - 96)
            default: return nil
            }
        }
        self = .letters(ordinal)
    }

    private var ordinal: Int {
        switch self {
        case .number(let number), .letters(let number): number
        }
    }

    private var isLetters: Bool { if case .letters = self { true } else { false } }

    /// The label so many rows further: 9, 10, 11 or Y, Z, AA.
    public func advanced(by rows: Int) -> SeatRowLabel {
        switch self {
        case .number(let number): .number(number + rows)
        case .letters(let number): .letters(number + rows)
        }
    }

    /// A number that rises from row to row; rows with letters stand behind rows with numbers.
    public var place: Int { isLetters ? 1_000_000 + ordinal : ordinal }

    /// As people read it.
    public var text: String {
        guard case .letters(var rest) = self else { return String(ordinal) }
        var letters: [UInt8] = []
        while rest > 0 {
            rest -= 1
            letters.insert(UInt8(ascii: "A") + UInt8(rest % 26), at: 0)
            rest /= 26
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// Whether `rows` rows from here on share one with `otherRows` rows from `other` on.
    func overlaps(_ rows: Int, _ other: SeatRowLabel, _ otherRows: Int) -> Bool {
        isLetters == other.isLetters && ordinal < other.ordinal + otherRows && other.ordinal < ordinal + rows
    }
}

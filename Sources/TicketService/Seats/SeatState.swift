// The states of a seat on the map.

/// How a seat reads on the map. The numbers are those of the statements (`SeatMapSQL`).
enum SeatState: UInt8, Sendable {
    case available = 0
    case locked = 1
    case reserved = 2
    /// The hold has expired and was not ended yet: reads as available.
    case lapsed = 3

    /// The end of the seat's JSON, after its name `status` and the opening quote.
    var tail: StaticString {
        switch self {
        case .available, .lapsed: "available\"}"
        case .locked: "locked\"}"
        case .reserved: "reserved\"}"
        }
    }

    /// The seat's character in the short form of the map (docs/specification.md §3.3).
    var character: UInt8 {
        switch self {
        case .available, .lapsed: UInt8(ascii: "a")
        case .locked: UInt8(ascii: "l")
        case .reserved: UInt8(ascii: "r")
        }
    }
}

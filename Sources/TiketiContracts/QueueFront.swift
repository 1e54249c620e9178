// What ticket tells the hubs when a waiting line has moved: enough for everybody in it to know the own place, however many wait.
import TiketiJSON
import TiketiNet

/// The front of one line. Everybody's place is the own number, less the first's, less those between who left.
public struct QueueFront: Sendable, Equatable {
    /// The Redis channel on which fronts are published, for all events.
    public static let channel = "tiketi:queue-fronts"

    /// Whose line.
    public var eventID: UUID
    /// Numbers of another generation say nothing: Redis was wiped, and the line began anew.
    public var generation: UUID
    /// The number of whoever stands first.
    var first: Int64
    /// Numbers behind the first whose owners left, ascending.
    var gaps: [Int64]
    /// Microseconds from one admission to the next.
    public var pace: Int64

    /// `gaps` must ascend: places are found by bisection.
    public init(eventID: UUID, generation: UUID, first: Int64, gaps: [Int64], pace: Int64) {
        self.eventID = eventID
        self.generation = generation
        self.first = first
        self.gaps = gaps
        self.pace = pace
    }

    /// The place of a number, from 1; nil for one before the first.
    public func position(_ sequence: Int64) -> Int? {
        guard sequence >= first else { return nil }
        var (low, high) = (0, gaps.count)
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle] < sequence { low = middle + 1 } else { high = middle }
        }
        return Int(sequence - first) + 1 - low
    }

    /// Seconds until a place is admitted, rounded up.
    public static func estimatedWait(position: Int, pace: Int64) -> Int {
        let (micros, overflow) = Int64(position).multipliedReportingOverflow(by: pace)
        return overflow ? Int(Int32.max) : Int((micros + 999_999) / 1_000_000)
    }

    /// The message as JSON, for ``channel``.
    public func encoded() -> [UInt8] {
        JSONWriter.object(capacity: 256 + gaps.count * 8) {
            $0.member("eventId", eventID)
            $0.member("generation", generation)
            $0.member("first", first)
            $0.member("pace", pace)
            $0.key("gaps")
            $0.array(gaps) { $0.value($1) }
        }
    }

    /// Nil when it is not a front.
    public init?(_ bytes: [UInt8]) {
        let limits = JSONLimits(depth: 3, bytes: 32 << 20, values: 4_000_000, members: 16)
        guard let json = try? JSONValue.parse(bytes, limits: limits), let event = json["eventId"]?.stringValue.flatMap({ UUID($0) }),
            let generation = json["generation"]?.stringValue.flatMap({ UUID($0) }), let first = json["first"]?.int64Value,
            let pace = json["pace"]?.int64Value, let gaps = json["gaps"]?.arrayValue
        else { return nil }
        self.init(eventID: event, generation: generation, first: first, gaps: gaps.compactMap(\.int64Value), pace: pace)
    }
}

// One remembered change of a seat map.

/// The seats that one version changed, by their place in the plan.
struct SeatLogEntry: Sendable {
    var version: Int64
    var seats: [Int]
}

// Counts the requests to Toss of one round, between two writes of a payment's row.
import Synchronization

/// A count that copies of one `Payment` share. A process that dies loses the count of one round at most.
final class CallTally: Sendable {
    private let made = Atomic<Int>(0)

    func add() { made.add(1, ordering: .relaxed) }

    var count: Int { made.load(ordering: .relaxed) }
}

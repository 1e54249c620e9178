// How many users wait in each queue, as `/metrics` shows it.
import TiketiCore
import TiketiNet

/// The gauge `tiketi_queue_users_total`. Its series come and go with the queues: one that ended shows nothing, instead of its last figure.
final class QueueLengths: Sendable {
    private let lengths = Locked<[UUID: Int]>([:])

    init(_ metrics: MetricsRegistry) {
        metrics.gauge(
            .queueUsers,
            series: { [lengths] in
                lengths.withLock { $0 }.sorted { $0.key < $1.key }.map {
                    (labels: [("event", $0.key.description)], value: Double($0.value))
                }
            })
    }

    /// Shows these figures and no others.
    func replace(_ figures: [UUID: Int]) { lengths.withLock { $0 = figures } }

    /// What is shown of an event.
    func users(_ event: UUID) -> Int? { lengths.withLock { $0[event] } }
}

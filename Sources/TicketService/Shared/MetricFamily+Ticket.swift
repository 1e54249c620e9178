// What ticket counts: the names of the metrics, and what they say. docs/metrics.md has the table.
import TiketiCore

extension MetricFamily {
    static let queueRedisEvicts = MetricFamily(
        "tiketi_queue_redis_evicts", "Whether the Redis that keeps the queue's places may evict them.")
    static let reservationsCreated = MetricFamily("tiketi_reservations_created_total", "Reservations made.")
    static let reservationsExpired = MetricFamily("tiketi_reservations_expired_total", "Pending reservations that the clock ended.")
    static let eventsCreated = MetricFamily("tiketi_events_created_total", "Events made.")
    static let queueUsers = MetricFamily("tiketi_queue_users_total", "Users who wait.")
    static let seatsReserved = MetricFamily("tiketi_seats_reserved_total", "Seats taken by holds and reservations.")
    static let holdBatches = MetricFamily("tiketi_hold_batches_total", "Statements that decided holds.")
    static let holdBatchRequests = MetricFamily(
        "tiketi_hold_batch_requests_total", "Holds decided by those statements, repeated ones counted each time.")
    static let holdBatchesSplit = MetricFamily("tiketi_hold_batches_split_total", "Batches that failed and were decided one by one.")
}

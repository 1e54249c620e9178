// The settings of the waiting queue.
import TiketiCore

/// Settings of the waiting queue.
struct QueueConfig: ServiceConfig {
    /// Between two batches of one event.
    var interval: Duration
    /// Users of one batch.
    var batchSize: Int
    /// Users inside one event at the same time.
    var activeLimit: Int
    /// How long somebody who was let in may stay.
    var admission: Duration

    init(_ environment: inout EnvironmentReader) {
        interval = environment.duration("QUEUE_INTERVAL_SECONDS", default: 30, in: 1...86_400)
        batchSize = environment.int("QUEUE_BATCH_SIZE", default: 10, in: 1...100_000)
        activeLimit = environment.int("QUEUE_ACTIVE_LIMIT", default: 1000, in: 1...10_000_000)
        admission = environment.duration("QUEUE_ADMISSION_SECONDS", default: 900, in: 1...604_800)
    }
}

extension QueueConfig {
    /// Microseconds from one admission to the next when every batch is full; rounded up.
    var pace: Int64 { (Int64(interval.wholeSeconds) * 1_000_000 + Int64(batchSize) - 1) / Int64(batchSize) }
}

// The settings of the waiting queue.
import TiketiCore

/// Settings of the waiting queue.
struct QueueConfig: Sendable {
    var intervalSeconds = 30
    var batchSize = 10
    /// Users inside one event at the same time.
    var activeLimit = 1000
    var admissionSeconds = 900

    init() {}

    init(_ environment: inout EnvironmentReader) {
        intervalSeconds = environment.seconds("QUEUE_INTERVAL_SECONDS", default: 30)
        batchSize = environment.int("QUEUE_BATCH_SIZE", default: 10, in: 1...100_000)
        activeLimit = environment.int("QUEUE_ACTIVE_LIMIT", default: 1000, in: 1...10_000_000)
        admissionSeconds = environment.seconds("QUEUE_ADMISSION_SECONDS", default: 900)
    }
}

extension QueueConfig {
    /// Microseconds from one admission to the next when every batch is full; rounded up.
    var pace: Int64 { (Int64(intervalSeconds) * 1_000_000 + Int64(batchSize) - 1) / Int64(batchSize) }
}

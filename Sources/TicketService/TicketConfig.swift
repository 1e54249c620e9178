// Every setting of ticket beyond the common ones.
import TiketiCore

struct TicketConfig: Sendable {
    /// How long a hold or a pending reservation lasts.
    var holdSeconds = 900
    /// Held plus bought seats of one event for each user.
    var seatsPerUser = 4
    /// Holds of one event that are committed together under contention; 1 commits each by itself.
    var holdBatchSize = 100
    var cleanerInterval = 60
    var statusInterval = 300
    var queue = QueueConfig()

    init() {}

    init(_ environment: inout EnvironmentReader) {
        holdSeconds = environment.seconds("HOLD_SECONDS", default: 900, in: 1...86_400)
        seatsPerUser = environment.int("MAX_SEATS_PER_USER", default: 4, in: 1...1000)
        holdBatchSize = environment.int("HOLD_BATCH_SIZE", default: 100, in: 1...1000)
        cleanerInterval = environment.seconds("RESERVATION_CLEANER_INTERVAL_SECONDS", default: 60)
        statusInterval = environment.seconds("EVENT_STATUS_INTERVAL_SECONDS", default: 300)
        queue = QueueConfig(&environment)
    }
}

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

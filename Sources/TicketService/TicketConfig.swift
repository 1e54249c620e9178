// Every setting of ticket beyond the common ones.
import TiketiCore
import TiketiRealtime

struct TicketConfig: Sendable {
    /// How long a hold or a pending reservation lasts.
    var holdSeconds = 900
    /// Held plus bought seats of one event for each user.
    var seatsPerUser = 4
    /// Holds of one event that are committed together under contention; 1 commits each by itself.
    var holdBatchSize = 100
    var cleanerInterval = 60
    var statusInterval = 300
    /// How hubs hear of events.
    var hubWire = HubWire.classic
    var queue = QueueConfig()

    init() {}

    init(_ environment: inout EnvironmentReader) {
        holdSeconds = environment.seconds("HOLD_SECONDS", default: 900, in: 1...86_400)
        seatsPerUser = environment.int("MAX_SEATS_PER_USER", default: 4, in: 1...1000)
        holdBatchSize = environment.int("HOLD_BATCH_SIZE", default: 100, in: 1...1000)
        cleanerInterval = environment.seconds("RESERVATION_CLEANER_INTERVAL_SECONDS", default: 60)
        statusInterval = environment.seconds("EVENT_STATUS_INTERVAL_SECONDS", default: 300)
        hubWire = environment.choice("SOCKET_IO_ADAPTER", default: .classic)
        queue = QueueConfig(&environment)
    }
}

// Every setting of ticket beyond the common ones, with its default and check.
import TiketiCore
import TiketiRealtime

/// The settings of ticket (docs/configuration.md).
struct TicketConfig: ServiceConfig {
    /// How long a hold or a pending reservation lasts.
    var hold: Duration
    /// Held plus bought seats of one event for each user.
    var seatsPerUser: Int
    /// Holds of one event that are committed together under contention; 1 commits each by itself.
    var holdBatchSize: Int
    /// Between two rounds of throwing old rows away.
    var cleanerInterval: Duration
    /// At the latest after this time every event's state is looked through.
    var statusInterval: Duration
    /// How hubs hear of events.
    var hubWire: HubWire
    var queue: QueueConfig

    init(_ environment: inout EnvironmentReader) {
        hold = environment.duration("HOLD_SECONDS", default: 900, in: 1...86_400)
        seatsPerUser = environment.int("MAX_SEATS_PER_USER", default: 4, in: 1...1000)
        holdBatchSize = environment.int("HOLD_BATCH_SIZE", default: 100, in: 1...1000)
        cleanerInterval = environment.duration("RESERVATION_CLEANER_INTERVAL_SECONDS", default: 60, in: 1...86_400)
        statusInterval = environment.duration("EVENT_STATUS_INTERVAL_SECONDS", default: 300, in: 1...86_400)
        hubWire = environment.choice("SOCKET_IO_ADAPTER", default: .classic)
        queue = QueueConfig(&environment)
    }
}

// Tells buyers' browsers where their payments stand, over Socket.IO through Redis. A message is a hint to look: losing one loses nothing,
// because
// `GET /api/reservations/:id` shows the state, and clients read it when they connect.
import Logging
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiRealtime
import TiketiStore

struct PaymentAnnouncer: Sendable {
    private let emitter: SocketEmitter
    private let logger: Logger
    private let failures: Counter

    init(redis: RedisClient, hubWire: HubWire = .classic, logger: Logger, metrics: MetricsRegistry) {
        emitter = SocketEmitter(redis, wire: hubWire)
        self.logger = logger
        failures = metrics.counter(.announcementsFailed)
    }

    /// Sends `payment-updated` to the buyer's own sockets, soon; nobody waits for it.
    func tell(_ payment: Payment) {
        let payload = LiveEvent.paymentUpdated(
            reservationID: payment.reservationID, orderID: payment.orderID, state: payment.progress.rawValue)
        let message = SocketMessage(LiveEvent.paymentUpdated.rawValue, payload, rooms: [LiveRoom.user(payment.userID)])
        _ = EventLoop.current?.spawn { [self] in
            do throws(RedisError) {
                try await emitter.emit(message)
            } catch {
                failures.increment()
                logger.warning(
                    "A payment's state was not announced", metadata: ["orderId": "\(payment.orderID)", "reason": "\(error)"])
            }
        }
    }
}

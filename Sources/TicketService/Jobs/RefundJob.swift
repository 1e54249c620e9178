// Finishes what a cancelled event or a broken-off cancel began: every buyer gets the money back, whatever process dies meanwhile.
import Logging
import TiketiCore
import TiketiNet

struct RefundJob: Sendable {
    let reservations: ReservationStore
    let service: ReservationService
    let logger: Logger

    /// One round; nanoseconds until the next.
    func tick() async throws -> UInt64 {
        for id in try await reservations.sweepCancelledEvents() {
            do {
                _ = try await service.cancel(id, owner: nil, .eventCancelled)
            } catch TicketError.paymentInProgress {
                // Its payment is told that the event is cancelled, and gives the money back.
            }
        }
        let open = try await reservations.takeRefunds()
        for (id, reason) in open {
            do {
                _ = try await service.refund(id, CloseReason(rawValue: reason) ?? .admin)
            } catch {
                logger.warning("A refund has to be tried again", metadata: ["reservation": "\(id)", "reason": "\(error)"])
            }
        }
        return open.isEmpty ? 5_000_000_000 : 0
    }
}

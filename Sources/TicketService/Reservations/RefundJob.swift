// Finishes what a cancelled event or a broken-off cancel began: every buyer gets the money back, whatever process dies meanwhile.
import Logging
import TiketiCore
import TiketiNet

struct RefundJob: Sendable {
    let reservations: ReservationStore
    let service: ReservationService
    let logger: Logger

    /// Refunds asked for at the same time; one that waits for its money must not stop the others.
    private static let width = 8

    /// One round; how long to wait for the next.
    func tick() async throws -> Duration {
        for id in try await reservations.sweepCancelledEvents() {
            do {
                _ = try await service.cancel(id, owner: nil, .eventCancelled)
            } catch TicketError.paymentInProgress {
                // Payment learns of the cancelled event when it confirms, and gives the money back.
            } catch {
                logger.warning("A cancelled event's reservation is still open", metadata: ["reservation": "\(id)", "reason": "\(error)"])
            }
        }
        let open = try await reservations.takeRefunds()
        if !open.isEmpty { FaultPoint.reach("refunds-taken") }
        await withTaskGroup(of: Void.self) { group in
            for (place, refund) in open.enumerated() {
                if place >= Self.width { await group.next() }
                group.addTask { await ask(refund.id, refund.reason) }
            }
        }
        return open.isEmpty ? .seconds(5) : .zero
    }

    private func ask(_ id: UUID, _ reason: String) async {
        do {
            _ = try await service.refund(id, CloseReason(rawValue: reason) ?? .admin)
        } catch {
            logger.warning("A refund has to be tried again", metadata: ["reservation": "\(id)", "reason": "\(error)"])
        }
    }
}

// What the hubs ask about places in a queue. Only other services get here.
import TiketiContracts
import TiketiCore
import TiketiNet

/// Hubs ask often: their calls are not logged.
struct InternalQueueRoutes: Sendable {
    let queue: QueueService

    func install(on router: some RouterMethods) {
        router.answer(TicketAPI.queueEntry, .quiet) { try await watch($0) }
        router.answer(TicketAPI.queueNumbers, .quiet) { try await numbers($0) }
    }

    /// For the hub: whose place it is, and what its position can be computed from.
    private func watch(_ context: RequestContext) async throws -> HTTPResponse {
        let watch = try await queue.watch(try context.uuidParameter("queueId"))
        return .success { watch.write(to: &$0) }
    }

    private func numbers(_ context: RequestContext) async throws -> HTTPResponse {
        let asked = try await context.contract(TicketAPI.QueueNumbersRequest.init)
        let found = try await queue.numbers(asked.eventID, asked.queueIDs)
        return .success { found.write(to: &$0) }
    }
}

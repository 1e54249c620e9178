// Runs a statement again when it lost a race that left nothing behind.
import TiketiNet
import TiketiStore

extension PostgresPool {
    /// Runs one statement that commits by itself, again with a fresh snapshot after losing a race: a deadlock, a disagreement found by
    /// `must`, or a constraint met. PostgreSQL checks constraints on the row as the snapshot shows it before it sees that another
    /// transaction has changed the row, so under contention even a correct statement may meet one; a wrong statement meets it each time.
    func contended(_ sql: String, _ parameters: [PostgresValue], attempts: Int = 10) async throws -> PostgresRows {
        var attempt = 1
        while true {
            let lost: PostgresError
            // One plain catch: a pattern with a condition beside typed throws crashes the compiler (6.3.1).
            do throws(PostgresError) { return try await execute(sql, parameters) } catch { lost = error }
            guard lost.lostRace else { throw lost }
            guard attempt < attempts else { throw lost.isCheckViolation ? lost : TicketError.busy }
            try await EventLoop.current?.sleep(nanoseconds: UInt64.random(in: 500_000...(2_000_000 * UInt64(attempt))))
            attempt += 1
        }
    }
}

extension PostgresError {
    private static let raced: Set<String> = [
        "seat_claims_one_open_per_seat", "seat_claims_one_open_per_slot", "reservation_items_one_active_per_seat",
        "event_counters_sold", "reservations_state_is_legal", "seats_state_is_legal",
    ]

    fileprivate var lostRace: Bool {
        isRetryable || ((isUniqueViolation || isCheckViolation) && constraint.map(Self.raced.contains) == true)
    }
}

// Follows the feed of facts: batch after batch while there are any, then a look every `pause`. Any number of instances may follow; the
// lock on the feed's row lets one of them read at a time.

/// One feed of facts, applied to the rollups batch by batch.
struct FactFollower: Sendable {
    let facts: any FactStore
    let pause: Duration
    let applied: @Sendable (Int) -> Void
    static let batch = 1000

    /// Applies one batch. A full one means that there is more.
    func tick() async throws -> Duration {
        guard let count = try await facts.applyNext(limit: Self.batch), count > 0 else { return pause }
        applied(count)
        return count == Self.batch ? .zero : pause
    }
}

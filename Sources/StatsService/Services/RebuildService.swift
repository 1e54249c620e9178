// Starts the rollups over from their sources: after a restored backup, or when somebody doubts the numbers.

struct RebuildService: Sendable {
    let stores: [any FactStore]

    /// Every feed's ledgers and rollups anew; each in one transaction, so that readers see the old numbers or the new ones.
    func rebuild() async throws {
        for store in stores { try await store.rebuild() }
    }
}

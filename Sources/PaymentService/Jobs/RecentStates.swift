// Tells browsers once more where recent payments stand when a process begins: the one before may have died between a commit and its
// message.

/// Announces the payments that changed a moment ago, once. A message that comes twice changes nothing.
struct RecentStates: Sendable {
    let store: PaymentStore
    let announcer: PaymentAnnouncer
    /// Longer than a supervisor takes to start a process again.
    private static let window: Duration = .seconds(120)
    private static let most = 1000

    /// Throws until the database has answered; then there is nothing left to do for a day.
    func tick() async throws -> Duration {
        for payment in try await store.changed(within: Self.window, limit: Self.most) { announcer.tell(payment) }
        return .seconds(86_400)
    }
}

// The gateway's own metrics with the sum of the services' behind them. The sum is made once after each scrape, the own part at most once
// a second:
// whoever asks more often gets the same bytes.
import TiketiCore
import TiketiNet

/// What `/metrics` of the gateway says.
final class MetricsRollup: Sendable {
    private struct State {
        var sum = MetricsSum()
        var text: [UInt8] = []
        var shown: [UInt8] = []
        var shownUntil: UInt64 = 0
    }

    private let own: MetricsRegistry
    private let state = Locked(State())
    private static let freshness: UInt64 = 1_000_000_000

    init(_ own: MetricsRegistry) { self.own = own }

    /// Takes the services' latest expositions; nil for one that did not answer.
    func update(_ expositions: [(service: String, text: [UInt8]?)]) {
        state.withLock { state in
            for (service, text) in expositions { state.sum.take(text, from: service) }
            state.text = state.sum.text()
            state.shownUntil = 0
        }
    }

    /// - Parameter now: the loop's clock in nanoseconds.
    func exposition(now: UInt64) -> [UInt8] {
        state.withLock { state in
            if now >= state.shownUntil {
                state.shown = own.exposition() + state.text
                state.shownUntil = now + Self.freshness
            }
            return state.shown
        }
    }
}

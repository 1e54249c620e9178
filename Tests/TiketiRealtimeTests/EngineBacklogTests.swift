// Who is slow: a client that takes nothing, not one that is sent much at once.
import Testing

@testable import TiketiRealtime

@Suite struct EngineBacklogTests {
    private static let second: UInt64 = 1_000_000_000

    private func backlog() -> EngineBacklog { EngineBacklog(share: 1_000, limit: 5_000, patience: .seconds(3)) }

    @Test func whatFitsTheShareIsQueuedWhateverItIs() {
        let backlog = backlog()
        #expect(backlog.verdict(400, queued: 600, isVolatile: true) == .queue)
        #expect(backlog.verdict(400, queued: 600, isVolatile: false) == .queue)
        #expect(backlog.verdict(401, queued: 600, isVolatile: true) == .drop)
        #expect(backlog.verdict(401, queued: 600, isVolatile: false) == .queue)
    }

    @Test func aBurstMayGoBeyondTheShareButNotBeyondTheLimit() {
        let backlog = backlog()
        #expect(backlog.verdict(1_000, queued: 4_000, isVolatile: false) == .queue)
        #expect(backlog.verdict(1_001, queued: 4_000, isVolatile: false) == .cut)
    }

    @Test func aSingleMessageIsNeverTooMuchForWhoTookAllBefore() {
        #expect(backlog().verdict(100_000, queued: 0, isVolatile: false) == .queue)
        #expect(backlog().verdict(100_000, queued: 1, isVolatile: false) == .cut)
    }

    @Test func aLimitBelowTheShareIsTheShare() {
        let backlog = EngineBacklog(share: 1_000, limit: 10, patience: .seconds(3))
        #expect(backlog.verdict(500, queued: 500, isVolatile: false) == .queue)
        #expect(backlog.verdict(501, queued: 500, isVolatile: false) == .cut)
    }

    @Test func whoTakesNothingIsCutAfterThePatience() {
        var backlog = backlog()
        backlog.grew(by: 1_000, to: 1_000, isShared: false, at: 0)
        #expect(!backlog.isLagging)
        backlog.grew(by: 500, to: 1_500, isShared: false, at: Self.second)
        #expect(backlog.isLagging && backlog.charge(1_500) == 500)
        let alive = (2...5).map { backlog.isAlive(queued: 1_500, at: UInt64($0) * Self.second) }
        #expect(alive == [true, true, false, false])
    }

    @Test func whoTakesLittleLives() {
        var backlog = backlog()
        var queued = 3_000
        backlog.grew(by: queued, to: queued, isShared: true, at: 0)
        for tick in 1...20 {
            // As much is added as is taken, so that the queue alone says nothing.
            queued -= 10
            backlog.grew(by: 10, to: queued + 10, isShared: true, at: UInt64(tick) * Self.second)
            queued += 10
            let isAlive = backlog.isAlive(queued: queued, at: UInt64(tick) * Self.second)
            #expect(isAlive)
        }
        let afterwards = (21...24).map { backlog.isAlive(queued: queued, at: UInt64($0) * Self.second) }
        #expect(afterwards == [true, true, false, false])
    }

    @Test func whoCaughtUpIsWatchedNoMore() {
        var backlog = backlog()
        backlog.grew(by: 2_000, to: 2_000, isShared: false, at: 0)
        let isAlive = backlog.isAlive(queued: 900, at: Self.second)
        #expect(isAlive && !backlog.isLagging && backlog.charge(900) == 0)
        let later = backlog.isAlive(queued: 900, at: 100 * Self.second)
        #expect(later)
        backlog.grew(by: 200, to: 1_100, isShared: false, at: 101 * Self.second)
        let again = [103, 104].map { backlog.isAlive(queued: 1_100, at: UInt64($0) * Self.second) }
        #expect(again == [true, false])
    }

    @Test func whatABroadcastLeftIsNotChargedToEachReceiver() {
        var backlog = backlog()
        backlog.grew(by: 3_000, to: 3_000, isShared: true, at: 0)
        #expect(backlog.isLagging && backlog.charge(3_000) == 0)
        backlog.grew(by: 700, to: 3_700, isShared: false, at: 0)
        #expect(backlog.charge(3_700) == 700)
        // Never more than what waits beyond the share.
        #expect(backlog.charge(1_200) == 200 && backlog.charge(500) == 0)
        let isAlive = backlog.isAlive(queued: 800, at: Self.second)
        #expect(isAlive)
        backlog.grew(by: 1_500, to: 2_300, isShared: true, at: Self.second)
        #expect(backlog.charge(2_300) == 0)
    }
}

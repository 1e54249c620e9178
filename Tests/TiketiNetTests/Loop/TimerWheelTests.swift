// Timers against a plain model: never early, at most a millisecond late, cancelled ones never.
import Testing

@testable import TiketiNet

private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

@Suite struct TimerWheelTests {
    private static let millisecond: UInt64 = 1_000_000

    @Test(arguments: 0..<20) func firesNeitherEarlyNorLate(seed: Int) {
        var random = Generator(state: UInt64(seed))
        var now = UInt64.random(in: 0...50_000_000_000_000, using: &random)
        let wheel = TimerWheel(now: now)
        var pending: [Int: (deadline: UInt64, timer: LoopTimer)] = [:]
        var fired: [Int] = []
        var number = 0
        for _ in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let reach: [UInt64] = [3, 70, 5000, 300_000, 40_000_000]
                let delay = UInt64.random(in: 0...reach.randomElement(using: &random)! * Self.millisecond, using: &random)
                let id = number
                number += 1
                pending[id] = (now + delay, wheel.schedule(after: delay) { fired.append(id) })
            case 5:
                if let id = pending.keys.min() { pending.removeValue(forKey: id)!.timer.cancel() }
            default:
                let step: [UInt64] = [1, 60, 4000, 100_000]
                now += UInt64.random(in: 0...step.randomElement(using: &random)! * Self.millisecond, using: &random)
                wheel.advance(to: now)
                for id in fired {
                    guard let entry = pending.removeValue(forKey: id) else {
                        Issue.record("timer \(id) fired twice or after its cancellation")
                        continue
                    }
                    #expect(entry.deadline <= now, "timer \(id) fired early")
                }
                fired = []
                for (id, entry) in pending {
                    #expect(entry.deadline + 2 * Self.millisecond > now, "timer \(id) is late")
                }
            }
        }
    }

    @Test func nextDeadlineIsNeverMissed() {
        var random = Generator(state: 7)
        var now: UInt64 = 12_345_678_901
        let wheel = TimerWheel(now: now)
        for delay: UInt64 in [1, 63, 64, 65, 4095, 4096, 4097, 262_143, 262_144, 20_000_000] {
            var done = false
            let extra = UInt64.random(in: 0..<Self.millisecond, using: &random)
            let deadline = now + delay * Self.millisecond + extra
            let timer = wheel.schedule(after: delay * Self.millisecond + extra) { done = true }
            var rounds = 0
            while !done {
                guard let wait = wheel.nanosecondsUntilNext() else {
                    Issue.record("an armed timer is forgotten")
                    return
                }
                now += max(wait, 1)
                wheel.advance(to: now)
                rounds += 1
                #expect(rounds < 20)
            }
            #expect(now >= deadline && now - deadline <= 2 * Self.millisecond)
            #expect(!timer.isArmed)
        }
        #expect(wheel.nanosecondsUntilNext() == nil)
    }

    @Test func aTimerCanBeMovedAndUsedAgain() {
        let wheel = TimerWheel(now: 0)
        var count = 0
        let timer = wheel.schedule(after: 10 * Self.millisecond) { count += 1 }
        timer.rearm(afterNanoseconds: 30 * Self.millisecond)
        wheel.advance(to: 20 * Self.millisecond)
        #expect(count == 0)
        wheel.advance(to: 31 * Self.millisecond)
        #expect(count == 1)
        timer.rearm(afterNanoseconds: 5 * Self.millisecond)
        wheel.advance(to: 40 * Self.millisecond)
        #expect(count == 2)
    }
}

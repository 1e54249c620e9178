// A hierarchical timer wheel: arming and cancelling are O(1) list operations, and a timer never fires before its time.

/// One pending callback on an event loop. Confined to that loop.
public final class LoopTimer {
    fileprivate let body: () -> Void
    fileprivate unowned let wheel: TimerWheel
    fileprivate var deadline: UInt64 = 0
    fileprivate var bucket = -1
    fileprivate var next: LoopTimer?
    fileprivate unowned(unsafe) var previous: LoopTimer?

    fileprivate init(wheel: TimerWheel, body: @escaping () -> Void) {
        self.wheel = wheel
        self.body = body
    }

    /// Whether the callback is still to come.
    public var isArmed: Bool { bucket >= 0 }

    /// Forgets the callback; harmless when it ran already. The timer can be armed again.
    public func cancel() {
        wheel.unlink(self)
    }

    /// Moves the callback to `nanoseconds` from the loop's current time, without allocating.
    public func rearm(afterNanoseconds nanoseconds: UInt64) {
        wheel.unlink(self)
        wheel.arm(self, at: wheel.currentTime &+ nanoseconds)
    }
}

/// Four levels of 64 slots of 1, 64, 4096 and 262,144 milliseconds; a bitmap a level finds the next occupied slot at once.
final class TimerWheel {
    private static let levels = 4
    private static let resolution: UInt64 = 1_000_000

    private var heads = [LoopTimer?](repeating: nil, count: 64 * TimerWheel.levels)
    private var occupied = [UInt64](repeating: 0, count: TimerWheel.levels)
    private var tick: UInt64
    /// Nanoseconds of the loop's clock as of the latest tick of the loop.
    var currentTime: UInt64

    init(now: UInt64) {
        currentTime = now
        tick = now / TimerWheel.resolution
    }

    func schedule(after nanoseconds: UInt64, _ body: @escaping () -> Void) -> LoopTimer {
        let timer = LoopTimer(wheel: self, body: body)
        arm(timer, at: currentTime &+ nanoseconds)
        return timer
    }

    func arm(_ timer: LoopTimer, at deadline: UInt64) {
        // Rounded up: late by less than a millisecond, never early.
        timer.deadline = max(tick + 1, deadline / TimerWheel.resolution + (deadline % TimerWheel.resolution == 0 ? 0 : 1))
        insert(timer)
    }

    private func insert(_ timer: LoopTimer) {
        let distance = timer.deadline - tick
        var level = 0
        while level < TimerWheel.levels - 1 && distance >= 1 << UInt64(6 * (level + 1)) { level += 1 }
        // Beyond the last level's reach (4.6 hours) the timer waits in the farthest slot and is placed anew from there.
        let reach: UInt64 = 1 << UInt64(6 * TimerWheel.levels)
        let place = distance < reach ? timer.deadline : tick + reach - 1
        let slot = Int(place >> UInt64(6 * level) & 63)
        let bucket = level * 64 + slot
        timer.bucket = bucket
        timer.previous = nil
        timer.next = heads[bucket]
        timer.next?.previous = timer
        heads[bucket] = timer
        occupied[level] |= 1 << UInt64(slot)
    }

    func unlink(_ timer: LoopTimer) {
        guard timer.bucket >= 0 else { return }
        if let previous = timer.previous {
            previous.next = timer.next
        } else {
            heads[timer.bucket] = timer.next
            if timer.next == nil { occupied[timer.bucket / 64] &= ~(1 << UInt64(timer.bucket % 64)) }
        }
        timer.next?.previous = timer.previous
        timer.next = nil
        timer.previous = nil
        timer.bucket = -1
    }

    /// Nanoseconds from `currentTime` until something may be due, or nil when nothing is armed.
    func nanosecondsUntilNext() -> UInt64? {
        var earliest: UInt64?
        for level in 0..<TimerWheel.levels where occupied[level] != 0 {
            let position = tick >> UInt64(6 * level)
            let shift = (position + 1) & 63
            let bits = occupied[level]
            let rotated = shift == 0 ? bits : bits >> shift | bits << (64 - shift)
            let start = (position + 1 + UInt64(rotated.trailingZeroBitCount)) << UInt64(6 * level)
            earliest = min(earliest ?? start, start)
        }
        guard let earliest else { return nil }
        let time = earliest * TimerWheel.resolution
        return time > currentTime ? time - currentTime : 0
    }

    /// Moves the clock to `now` and runs everything that is due.
    func advance(to now: UInt64) {
        currentTime = now
        let target = now / TimerWheel.resolution
        while tick < target {
            let position = tick & 63
            let ahead = position == 63 ? 0 : occupied[0] & (~0 << (position + 1))
            if ahead != 0, tick - position + UInt64(ahead.trailingZeroBitCount) <= target {
                tick = tick - position + UInt64(ahead.trailingZeroBitCount)
            } else if tick | 63 < target {
                tick = (tick | 63) + 1
                cascade()
            } else {
                tick = target
                return
            }
            fire(bucket: Int(tick & 63))
        }
    }

    /// At a window's start the coarser slots that begin here are spread over the finer levels.
    private func cascade() {
        for level in 1..<TimerWheel.levels {
            let slot = Int(tick >> UInt64(6 * level) & 63)
            var timer = heads[level * 64 + slot]
            heads[level * 64 + slot] = nil
            occupied[level] &= ~(1 << UInt64(slot))
            while let current = timer {
                timer = current.next
                insert(current)
            }
            if slot != 0 { return }
        }
    }

    private func fire(bucket: Int) {
        // One at a time from the list's head: a callback may cancel its neighbours.
        while let timer = heads[bucket] {
            unlink(timer)
            if timer.deadline > tick { insert(timer) } else { timer.body() }
        }
    }
}

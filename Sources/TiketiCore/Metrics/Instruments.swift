// Counter, gauge and histogram: each is one resolved series, so that a hot path touches atomics only and never a name.

import Synchronization

/// A number that only rises.
public final class Counter: Sendable {
    private let cell = Atomic<UInt64>(0)

    internal init() {}

    /// Counts up; a few nanoseconds, from any thread.
    public func increment(by amount: UInt64 = 1) { cell.wrappingAdd(amount, ordering: .relaxed) }

    var value: UInt64 { cell.load(ordering: .relaxed) }
}

/// A number that rises and falls.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    internal init() {}

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Takes the place of the value before.
    public func set(_ value: Int) { set(Double(value)) }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    func increment() { add(1) }

    /// The value now.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// How values are spread over fixed buckets, and their sum. Values are durations in seconds unless its name says otherwise.
public final class Histogram: Sendable {
    /// From 1 ms to 10 s: what people notice when they wait for an answer.
    public static let defaultBuckets: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    internal let bounds: [Double]
    /// The same bounds in nanoseconds, for the integer path.
    private let nanosecondBounds: [UInt64]
    private let cells: [Counter]
    /// In billionths, so that adding needs no compare-and-swap loop.
    private let total = Atomic<Int64>(0)

    internal init(bounds: [Double]) {
        self.bounds = bounds
        nanosecondBounds = bounds.map { UInt64($0 * 1_000_000_000) }
        cells = (0...bounds.count).map { _ in Counter() }
    }

    func observe(_ value: Double) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        cells[index].increment()
        total.wrappingAdd(Int64(max(-9e9, min(9e9, value)) * 1_000_000_000), ordering: .relaxed)
    }

    /// A duration; nothing here leaves integers.
    public func observe(nanoseconds: UInt64) {
        var index = 0
        while index < nanosecondBounds.count, nanoseconds > nanosecondBounds[index] { index &+= 1 }
        cells[index].increment()
        total.wrappingAdd(Int64(truncatingIfNeeded: nanoseconds), ordering: .relaxed)
    }

    /// Counts per bucket, the last one beyond every bound.
    var counts: [UInt64] { cells.map(\.value) }

    var sum: Double { Double(total.load(ordering: .relaxed)) / 1_000_000_000 }
}

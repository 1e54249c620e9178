// Which call serves whom: the one under way, or the next that begins after the question.

import Testing
import TiketiNet
import TiketiTesting

@testable import TiketiCore

@Suite struct CoalescerTests {
    private struct Refused: Error, Equatable {}

    /// Calls that end when the test says so.
    private final class Source: Sendable {
        private let begun = Locked(0)
        private let gate = Locked<[LoopPromise<Void>]>([])
        let loop = EventLoopGroup.shared.loops[0]

        var calls: Int { begun.withLock { $0 } }

        /// The number of the call.
        func call() async -> Int {
            let number = begun.withLock { count in
                count += 1
                return count
            }
            guard let loop = EventLoop.current, loop === self.loop else { return number }
            let promise = LoopPromise<Void>()
            gate.withLock { $0.append(promise) }
            await promise.value()
            return number
        }

        /// Lets every call end that runs now.
        func open() {
            loop.execute {
                let waiting = self.gate.withLock { gate in
                    defer { gate = [] }
                    return gate
                }
                for promise in waiting { promise.succeed(()) }
            }
        }
    }

    private func ask(_ coalescer: Coalescer<String, Int, Never>, _ source: Source) -> Task<Int, any Error> {
        Task { try await source.loop.run { await coalescer.value("key") { await source.call() } } }
    }

    @Test(.timeLimit(.minutes(1))) func theCallUnderWayServesWhoComesMeanwhile() async throws {
        let (coalescer, source) = (Coalescer<String, Int, Never>(.callUnderWay), Source())
        let first = ask(coalescer, source)
        try await eventually { source.calls == 1 }
        // From another loop, which cannot be the one that calls.
        let other = EventLoopGroup.shared.loops[1]
        let second = Task { try await other.run { await coalescer.value("key") { -1 } } }
        try await settle(other)
        source.open()
        #expect(try await first.value == 1)
        #expect(try await second.value == 1)
        // Over: the next question is a new call.
        let third = ask(coalescer, source)
        try await eventually { source.calls == 2 }
        source.open()
        #expect(try await third.value == 2)
    }

    @Test(.timeLimit(.minutes(1))) func theNextCallServesWhoAsksDuringOne() async throws {
        let (coalescer, source) = (Coalescer<String, Int, Never>(.nextCall), Source())
        let first = ask(coalescer, source)
        try await eventually { source.calls == 1 }
        let late = [ask(coalescer, source), ask(coalescer, source)]
        try await settle(source.loop)
        #expect(source.calls == 1, "never two calls of one key at a time")
        source.open()
        #expect(try await first.value == 1)
        try await eventually { source.calls == 2 }
        source.open()
        for task in late { #expect(try await task.value == 2) }
        #expect(source.calls == 2)
    }

    @Test(.timeLimit(.minutes(1))) func theErrorReachesEverybodyAndIsNotKept() async throws {
        let coalescer = Coalescer<Int, Int, any Error>(.callUnderWay)
        let loop = EventLoopGroup.shared.loops[0]
        await #expect(throws: Refused.self) { try await loop.run { try await coalescer.value(1) { throw Refused() } } }
        #expect(try await loop.run { try await coalescer.value(1) { 7 } } == 7)
    }

    @Test(.timeLimit(.minutes(1))) func whoGivesUpDoesNotEndTheCall() async throws {
        let (coalescer, source) = (Coalescer<String, Int, Never>(.callUnderWay), Source())
        let impatient = try await source.loop.run { await coalescer.value("key", within: .milliseconds(5)) { await source.call() } }
        #expect(impatient == nil)
        let patient = ask(coalescer, source)
        try await settle(source.loop)
        source.open()
        #expect(try await patient.value == 1)
        #expect(source.calls == 1)
    }

    /// Everything the loop was given before has been done.
    private func settle(_ loop: EventLoop) async throws {
        for _ in 0..<20 { try await loop.run {} }
    }
}

// Turns at hashing: networks one after the other, a crowd waits for itself, and registering leaves room for signing in.
import Testing
import TiketiNet
import TiketiTesting

@testable import AuthService

@Suite struct FairQueueTests {
    /// A turn that ends when the test says so.
    private final class Turns: Sendable {
        private let started = Locked<[String]>([])
        private let refused = Locked<[String]>([])
        private let open: LoopPromise<Void>
        let loop: EventLoop
        let queue: FairQueue

        init(_ limits: FairQueue.Limits) {
            loop = EventLoopGroup.shared.next()
            queue = FairQueue(limits)
            open = LoopPromise()
        }

        var order: [String] { started.withLock { $0 } }
        var sentAway: [String] { refused.withLock { $0 } }

        /// Begins one turn; the first of all lasts until `release`.
        func enter(_ name: String, _ kind: FairQueue.Kind, _ network: String, blocks: Bool = false) -> Task<Void, Never> {
            loop.spawn {
                do {
                    try await self.queue.run(kind, network: network) {
                        self.started.withLock { $0.append(name) }
                        if blocks { await self.open.value() }
                    }
                } catch {
                    self.refused.withLock { $0.append(name) }
                }
            }
        }

        func release() { loop.execute { self.open.succeed(()) } }
    }

    private func limits(turns: Int, waiting: Int) -> FairQueue.Limits { FairQueue.Limits(turns: turns, waiting: waiting) }

    @Test func networksTakeTurns() async throws {
        let turns = Turns(limits(turns: 1, waiting: 40))
        var tasks = [turns.enter("first", .login, "crowd", blocks: true)]
        for index in 0..<8 { tasks.append(turns.enter("crowd-\(index)", .login, "crowd")) }
        tasks.append(turns.enter("customer", .login, "customer"))
        // Spawned on one loop, they have entered in this order once the loop has run what came before.
        try await turns.loop.run {}
        turns.release()
        for task in tasks { await task.value }
        #expect(turns.order.prefix(3) == ["first", "crowd-0", "customer"])
        #expect(turns.order.count == 10)
    }

    @Test func aFullQueueSendsTheCrowdAway() async throws {
        let turns = Turns(limits(turns: 1, waiting: 4))
        var tasks = [turns.enter("first", .login, "crowd", blocks: true)]
        for index in 0..<3 { tasks.append(turns.enter("crowd-\(index)", .login, "crowd")) }
        for name in ["a", "b", "c"] { tasks.append(turns.enter(name, .login, name)) }
        tasks.append(turns.enter("crowd-3", .login, "crowd"))
        try await turns.loop.run {}
        turns.release()
        for task in tasks { await task.value }
        // Room for four: the crowd keeps one place and the others get theirs.
        #expect(Set(turns.order) == ["first", "crowd-0", "a", "b", "c"])
        #expect(Set(turns.sentAway) == ["crowd-1", "crowd-2", "crowd-3"])
    }

    @Test func registeringLeavesRoomForSigningIn() async throws {
        let turns = Turns(limits(turns: 2, waiting: 10))
        var tasks = [turns.enter("register-0", .register, "a", blocks: true)]
        for index in 1..<4 { tasks.append(turns.enter("register-\(index)", .register, "\(index)")) }
        let login = turns.enter("login", .login, "b")
        // The registration that runs goes on; signing in does not wait for it.
        await login.value
        #expect(turns.order == ["register-0", "login"])
        turns.release()
        for task in tasks { await task.value }
        #expect(turns.order.count == 5)
    }
}

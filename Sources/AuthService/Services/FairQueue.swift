// Who hashes next: two queues, for signing in and for registering, and in each the networks take turns. A crowd from one network waits for
// itself; when a queue is full it is the crowd that is sent away.
import DequeModule
import TiketiNet

final class FairQueue: Sendable {
    enum Kind: Int, Sendable, CaseIterable {
        case login, register
    }

    struct Limits: Sendable {
        /// Turns at one time, both queues together.
        var turns: Int
        /// Of them at most for registering, so that signing in finds a free one.
        var registering: Int
        /// Who may wait in each queue.
        var waiting: Int
        /// Of them at most from one network.
        var perNetwork: Int

        init(turns: Int, waiting: Int) {
            self.turns = turns
            registering = max(1, turns / 2)
            self.waiting = waiting
            perNetwork = max(1, waiting * 3 / 4)
        }
    }

    /// One who waits. Its promise belongs to its loop.
    private struct Waiter: Sendable {
        let loop: EventLoop
        let promise: LoopPromise<Bool>

        func answer(_ isAdmitted: Bool) { loop.execute { promise.succeed(isAdmitted) } }
    }

    private struct Line: Sendable {
        var waiters: [String: Deque<Waiter>] = [:]
        /// Networks with somebody waiting, in the order of their turns.
        var order = Deque<String>()
        var count = 0
        var running = 0

        mutating func append(_ waiter: Waiter, _ network: String) {
            if waiters[network] == nil { order.append(network) }
            waiters[network, default: []].append(waiter)
            count += 1
        }

        mutating func next() -> Waiter? {
            guard let network = order.popFirst(), let waiter = waiters[network]?.popFirst() else { return nil }
            if waiters[network]?.isEmpty == true { waiters[network] = nil } else { order.append(network) }
            count -= 1
            return waiter
        }

        /// Takes the last of the longest crowd, if it is longer than what `network` would have with one more.
        mutating func makeRoom(for network: String) -> Waiter? {
            guard let (longest, crowd) = waiters.max(by: { $0.value.count < $1.value.count }),
                crowd.count > (waiters[network]?.count ?? 0) + 1
            else { return nil }
            count -= 1
            return waiters[longest]?.popLast()
        }
    }

    private struct State: Sendable {
        var lines = [Line(), Line()]
        /// Which queue had the last turn while both waited.
        var last = Kind.register
        /// Refusals that are held back now.
        var held = 0
    }

    private let limits: Limits
    private let state = Locked(State())
    /// How long a crowd waits to hear that there is no room: whoever asks again at once would otherwise only ask faster.
    private static let refusalDelay: UInt64 = 3_000_000_000
    private static let mostHeld = 2000

    init(_ limits: Limits) { self.limits = limits }

    var waiting: Int { state.withLock { $0.lines[0].count + $0.lines[1].count } }

    /// Runs `body` when it is this network's turn. Off an event loop there is nobody to be fair to, and no waiting.
    /// - Throws: `AuthError.overloaded` when there is no room, or what `body` throws.
    func run<Value: Sendable>(_ kind: Kind, network: String, _ body: () async throws -> Value) async throws -> Value {
        guard let loop = EventLoop.current else { return try await body() }
        try await enter(kind, network, loop)
        defer { leave(kind) }
        return try await body()
    }

    private func enter(_ kind: Kind, _ network: String, _ loop: EventLoop) async throws {
        let waiter = Waiter(loop: loop, promise: LoopPromise())
        let (refusal, evicted, isCrowd) = state.withLock { state -> (Bool, Waiter?, Bool) in
            let line = state.lines[kind.rawValue]
            if line.count == 0, hasRoom(state, kind) {
                state.lines[kind.rawValue].running += 1
                waiter.answer(true)
                return (false, nil, false)
            }
            let own = line.waiters[network]?.count ?? 0
            guard own < limits.perNetwork else { return (true, nil, true) }
            guard line.count >= limits.waiting else {
                state.lines[kind.rawValue].append(waiter, network)
                return (false, nil, false)
            }
            guard let evicted = state.lines[kind.rawValue].makeRoom(for: network) else { return (true, nil, own > 0) }
            state.lines[kind.rawValue].append(waiter, network)
            return (false, evicted, false)
        }
        evicted?.answer(false)
        if refusal {
            if isCrowd { await holdBack(loop) }
            throw AuthError.overloaded
        }
        guard await waiter.promise.value() else {
            await holdBack(loop)
            throw AuthError.overloaded
        }
    }

    private func hasRoom(_ state: State, _ kind: Kind) -> Bool {
        state.lines[0].running + state.lines[1].running < limits.turns
            && (kind == .login || state.lines[1].running < limits.registering)
    }

    private func leave(_ kind: Kind) {
        let next = state.withLock { state -> Waiter? in
            state.lines[kind.rawValue].running -= 1
            let login = state.lines[0].count > 0 && hasRoom(state, .login)
            let register = state.lines[1].count > 0 && hasRoom(state, .register)
            guard login || register else { return nil }
            let chosen: Kind = login && register ? (state.last == .login ? .register : .login) : login ? .login : .register
            state.last = chosen
            state.lines[chosen.rawValue].running += 1
            return state.lines[chosen.rawValue].next()
        }
        next?.answer(true)
    }

    private func holdBack(_ loop: EventLoop) async {
        let isHeld = state.withLock { state in
            guard state.held < Self.mostHeld else { return false }
            state.held += 1
            return true
        }
        guard isHeld else { return }
        try? await loop.sleep(nanoseconds: Self.refusalDelay)
        state.withLock { $0.held -= 1 }
    }
}

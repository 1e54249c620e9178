// What every connection relies on: a task stays on its loop across awaits, hops come back, and no continuation resumes elsewhere.
// Run in debug and in release: a compiler defect of 6.3 (swiftlang/swift#86083) shows in optimised code only.
import Testing
import TiketiNet

/// A loop-confined class, the house's alternative to actors on the request path.
private final class Confined {
    let loop: EventLoop
    var visits = 0

    init(loop: EventLoop) {
        self.loop = loop
    }

    func visit() async -> Bool {
        visits += 1
        try? await loop.sleep(nanoseconds: 1_000_000)
        return loop.isCurrent
    }
}

private protocol Visitor {
    func visit(_ loop: EventLoop) async -> Bool
}

private struct Middleware: Visitor {
    let next: any Visitor

    func visit(_ loop: EventLoop) async -> Bool {
        guard loop.isCurrent else { return false }
        let inner = await next.visit(loop)
        return inner && loop.isCurrent
    }
}

private struct Leaf: Visitor {
    func visit(_ loop: EventLoop) async -> Bool {
        try? await loop.sleep(nanoseconds: 500_000)
        return loop.isCurrent
    }
}

private actor Elsewhere {
    private var count = 0

    func increment() -> Int {
        count += 1
        return count
    }
}

@Suite struct ExecutorContractTests {
    private let loops = EventLoopGroup.shared.loops

    @Test func taskRunsOnItsLoop() async throws {
        for loop in loops {
            let onLoop = try await loop.run { loop.isCurrent && EventLoop.current === loop }
            #expect(onLoop)
        }
        #expect(EventLoop.current == nil)
    }

    @Test func taskReturnsToItsLoopAfterATimer() async throws {
        let loop = loops[0]
        let stayed = try await loop.run {
            let confined = Confined(loop: loop)
            for _ in 0..<20 {
                guard await confined.visit() else { return false }
            }
            return confined.visits == 20
        }
        #expect(stayed)
    }

    @Test func nestedExistentialCallsStayOnTheLoop() async throws {
        let loop = loops[1 % loops.count]
        let stayed = try await loop.run { await Middleware(next: Middleware(next: Middleware(next: Leaf()))).visit(loop) }
        #expect(stayed)
    }

    @Test func taskComesBackFromADefaultActor() async throws {
        let loop = loops[0]
        let elsewhere = Elsewhere()
        let stayed = try await loop.run {
            for _ in 0..<50 {
                _ = await elsewhere.increment()
                guard loop.isCurrent, await Leaf().visit(loop) else { return false }
            }
            return true
        }
        #expect(stayed)
    }

    @Test func childTasksInheritTheLoop() async throws {
        let loop = loops[0]
        let stayed = try await loop.run {
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { await Leaf().visit(loop) } }
                return await group.reduce(true) { $0 && $1 }
            }
        }
        #expect(stayed)
    }

    @Test func tasksOfTwoLoopsMeetAndPart() async throws {
        let other = loops[1 % loops.count]
        let loop = loops[0]
        let stayed = try await loop.run {
            for _ in 0..<100 {
                let there = try await other.run { other.isCurrent }
                guard there, loop.isCurrent else { return false }
            }
            return true
        }
        #expect(stayed)
    }

    @Test func aBlockingCallReturnsToTheLoop() async throws {
        let loop = loops[0]
        let pool = BlockingPool(threads: 2, queueLimit: 1000)
        let stayed = try await loop.run {
            let outside = try await pool.run { EventLoop.current == nil }
            return outside && loop.isCurrent
        }
        #expect(stayed)
    }

    @Test func executeKeepsTheOrderOfOneThread() async throws {
        let loop = loops[0]
        let seen = Locked([Int]())
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            for index in 0..<1000 { loop.execute { seen.withLock { $0.append(index) } } }
            loop.execute { continuation.resume() }
        }
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func endOfTickRunsUntilNothingIsLeft() async throws {
        let loop = loops[0]
        let depth = try await loop.run {
            let promise = LoopPromise<Int>()
            func again(_ depth: Int) {
                loop.atEndOfTick { depth == 40 ? promise.succeed(depth) : again(depth + 1) }
            }
            again(0)
            return await promise.value()
        }
        #expect(depth == 40)
    }

    @Test func cancelledSleepEndsAtOnce() async throws {
        let loop = loops[0]
        let task = Task(executorPreference: loop) { () async -> Bool in
            do throws(CancellationError) {
                try await loop.sleep(nanoseconds: 60_000_000_000)
                return false
            } catch {
                return loop.isCurrent
            }
        }
        task.cancel()
        #expect(await task.value)
    }
}

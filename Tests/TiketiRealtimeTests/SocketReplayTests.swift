// What a returning client missed, portion by portion, and the claims it makes: without a connection.
import Testing
import TiketiNet

@testable import TiketiRealtime

@Suite struct SocketReplayTests {
    private let session = RecoverableSession(
        sid: "me", namespace: "/", owner: "hub", identity: "", isReplaying: false, rooms: ["": 1_000, "hall": 1_002])

    private func recovery(_ targets: [BroadcastTarget], portion: Int = 2) -> MemoryRecovery {
        let recovery = MemoryRecovery(portion: portion)
        recovery.state.withLock { state in
            state.sessions["pid"] = session
            for (index, target) in targets.enumerated() { state.append(.event("e\(index)"), target) }
        }
        return recovery
    }

    /// Everything in the order in which it comes: offsets to send, negative ones to skip.
    private func all(_ recovery: MemoryRecovery, from offset: Int64, rooms: Set<String> = ["hall"]) async -> (steps: [Int64], count: Int)? {
        let replay = SocketReplay(recovery, pid: "pid", session: session, rooms: rooms)
        var last = offset
        var steps: [Int64] = []
        while true {
            guard let isLast = await replay.readPortion(after: last) else { return nil }
            while let step = replay.next(after: last) {
                switch step {
                case .send(let message):
                    last = message.offset
                    steps.append(message.offset)
                case .skip(let offset):
                    last = offset
                    steps.append(-offset)
                }
            }
            if isLast { return (steps, replay.count) }
        }
    }

    @Test func portionsFollowEachOther() async throws {
        let recovery = recovery([BroadcastTarget](repeating: BroadcastTarget(), count: 5))
        let found = try #require(await all(recovery, from: 1_000))
        #expect(found.steps.filter { $0 > 0 } == [1_001, 1_002, 1_003, 1_004, 1_005] && found.count == 5)
        #expect(recovery.state.withLock { $0.reads } == 3)
        // Who has everything is sent nothing.
        let none = try #require(await all(recovery, from: 1_005))
        #expect(none.steps.isEmpty && none.count == 0)
    }

    @Test func whatExcludesAClientIsSkipped() async throws {
        let recovery = recovery([
            BroadcastTarget(except: ["me"]), BroadcastTarget(except: ["other"]), BroadcastTarget(except: ["hall"]),
            BroadcastTarget(rooms: ["hall"]),
            BroadcastTarget(rooms: ["elsewhere"]), BroadcastTarget(rooms: ["me", "elsewhere"]),
        ])
        let found = try #require(await all(recovery, from: 1_000))
        #expect(found.steps.filter { $0 > 0 } == [1_002, 1_004, 1_006])
        #expect(found.steps.contains(-1_001) && found.steps.contains(-1_003) && found.count == 3)
    }

    @Test func whatCameBeforeARoomWasEnteredIsNotMissed() async throws {
        let recovery = recovery([BroadcastTarget](repeating: BroadcastTarget(rooms: ["hall"]), count: 4))
        let found = try #require(await all(recovery, from: 1_000))
        #expect(found.steps.filter { $0 > 0 } == [1_003, 1_004])
    }

    /// From the first message on, and not before: who missed nothing may come back as often as it likes.
    @Test func theSessionIsMarkedWithTheFirstMessage() async throws {
        func isMarked(_ recovery: MemoryRecovery) -> Bool? { recovery.state.withLock { $0.sessions["pid"]?.isReplaying } }
        let nothing = recovery([BroadcastTarget(except: ["me"])])
        _ = await all(nothing, from: 1_000)
        #expect(isMarked(nothing) == false)
        let something = recovery([BroadcastTarget()])
        _ = await all(something, from: 1_000)
        #expect(isMarked(something) == true)
    }

    @Test func aLogThatWasCutEndsIt() async {
        let recovery = recovery([BroadcastTarget()])
        recovery.state.withLock { $0.begin = 1_001 }
        #expect(await all(recovery, from: 1_000) == nil)
    }

    @Test func claims() {
        func read(_ text: String) -> (asks: Bool, claim: RecoveryClaim?) { RecoveryClaim.read(Array(text.utf8)) }
        let whole = read("{\"pid\":\"p\",\"offset\":\"17\",\"recovery\":true,\"token\":\"t\"}")
        #expect(whole.asks && whole.claim?.pid == "p" && whole.claim?.offset == 17)
        let young = read("{\"pid\":\"p\"}")
        #expect(!young.asks && young.claim?.pid == "p" && young.claim?.offset == nil)
        for text in ["", "{}", "[]", "{", "{\"pid\":5}", "{\"pid\":\"\"}", "{\"pid\":\"\(String(repeating: "x", count: 65))\"}"] {
            #expect(read(text).claim == nil && !read(text).asks, "\(text)")
        }
        // An offset that is none of ours says nothing about what the client has.
        #expect(read("{\"pid\":\"p\",\"offset\":\"x\"}").claim == nil)
        #expect(read("{\"recovery\":\"yes\"}").asks == false && read("{\"recovery\":true}").asks)
    }
}

import Testing
import TiketiNet

@testable import TiketiRealtime

@Suite(.timeLimit(.minutes(5))) struct EngineAdmissionTests {
    @Test func aRateWithABurst() {
        let admission = EngineAdmission(rate: 10)
        let second: UInt64 = 1_000_000_000
        func admitted(_ count: Int, at now: UInt64) -> Int { (0..<count).filter { _ in admission.refusal(at: now) == nil }.count }
        #expect(admitted(50, at: second) == 20)
        #expect(admission.refusal(at: second) == .rate)
        #expect(admitted(50, at: 2 * second) == 10)
        #expect(admitted(50, at: 100 * second) == 20)
        admission.drain()
        #expect(admission.refusal(at: 200 * second) == .draining)
        let free = EngineAdmission(rate: 0)
        #expect((0..<10_000).allSatisfy { _ in free.refusal(at: 1) == nil })
    }

    @Test func thoseBeyondTheRateAreTold() async throws {
        let hub = try await TestHub.start { $0.engine.acceptRate = 1 }
        var refused: TestHub.Answer?
        for _ in 0..<20 where refused == nil {
            let answer = try await hub.request("GET", "EIO=4&transport=polling")
            if answer.status != 200 { refused = answer }
        }
        #expect(refused?.status == 503 && refused?.headers["retry-after"] == "1")
        #expect(hub.server.statistics.refusedByCause[.rate] == 1)
    }

    /// A drain says why and lets nobody in, over either transport.
    @Test func aDrainSendsClientsAway() async throws {
        let hub = try await TestHub.start()
        let server = hub.server
        let code = try await hub.websocket("EIO=4&transport=websocket") { connection in
            _ = await connection.next()
            await server.drain(over: .seconds(1))
            _ = await connection.next()
            return connection.closeCode
        }
        #expect(code == .serviceRestart)
        #expect(try await hub.request("GET", "EIO=4&transport=polling").status == 503)
        await #expect(throws: WebSocketError.self) { try await hub.websocket("EIO=4&transport=websocket") { _ in } }
        #expect(server.statistics.refusedByCause[.draining] == 2)
        #expect(server.statistics.closedByReason[.serverShuttingDown] == 1)
    }

    @Test func aDrainGoesInWaves() async throws {
        let hub = try await TestHub.start()
        for _ in 0..<120 { _ = try await hub.openPolling() }
        let began = MonotonicClock.now
        await hub.server.drain(over: .seconds(1))
        // One loop has at least half of them, and sends 25 away every tenth of a second.
        #expect(MonotonicClock.now - began >= 200_000_000)
        #expect(hub.server.statistics.current.load(ordering: .relaxed) == 0)
    }
}

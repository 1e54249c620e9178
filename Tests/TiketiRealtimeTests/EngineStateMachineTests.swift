import Testing

@testable import TiketiRealtime

private func packet(_ text: String, volatile: Bool = false) -> EncodedPacket { EncodedPacket(text: Array(text.utf8), isVolatile: volatile) }

private func texts(_ packets: [EncodedPacket]) -> [String] { packets.map { String(decoding: $0.payload, as: UTF8.self) } }

/// An outcome that the test does not expect.
private func failed(_ what: String = "unexpected outcome", _ location: SourceLocation = #_sourceLocation) {
    Issue.record(Comment(rawValue: what), sourceLocation: location)
}

@Suite struct EngineStateMachineTests {
    private func machine(_ transport: EngineStateMachine.Transport = .polling) -> EngineStateMachine {
        EngineStateMachine(transport: transport, backlog: EngineBacklog(share: 100, limit: 300, patience: .seconds(3)))
    }

    @Test func pollsAreAnsweredOrHeld() {
        var machine = machine()
        guard case .hold = machine.poll() else { return failed("an idle poll waits") }
        #expect(machine.takeForPendingPoll() == nil)
        #expect(machine.send(packet("a")) == .answerPoll)
        #expect(machine.send(packet("b")) == .answerPoll)
        #expect(texts(machine.takeForPendingPoll() ?? []) == ["4a", "4b"])
        #expect(machine.send(packet("c")) == .buffered)
        guard case .answer(let packets) = machine.poll() else { return failed("a poll fetches what waits") }
        #expect(texts(packets) == ["4c"])
    }

    @Test func atMostSixteenPacketsPerPoll() {
        var machine = machine()
        for index in 0..<20 { _ = machine.send(packet("\(index)")) }
        guard case .answer(let first) = machine.poll(), case .answer(let second) = machine.poll() else { return failed() }
        #expect(first.count == 16 && second.count == 4)
        #expect(texts(second) == ["416", "417", "418", "419"])
    }

    @Test func overflowDropsVolatileAndEndsTheRest() {
        var machine = machine()
        #expect(machine.send(packet(String(repeating: "x", count: 90))) == .buffered)
        #expect(machine.send(packet(String(repeating: "x", count: 20), volatile: true)) == .dropped)
        #expect(machine.send(packet(String(repeating: "x", count: 200))) == .buffered)
        #expect(machine.send(packet(String(repeating: "x", count: 20))) == .overflow)
    }

    @Test func duplicatesEnd() {
        var machine = machine()
        _ = machine.poll()
        guard case .duplicate = machine.poll() else { return failed() }
        #expect(machine.beginPost() == .accept)
        #expect(machine.beginPost() == .duplicate)
        machine.endPost()
        #expect(machine.beginPost() == .accept)
        let aborted = [machine.pollAborted(), machine.pollAborted()]
        #expect(aborted == [true, false])
    }

    @Test func upgradeDance() {
        var machine = machine()
        _ = machine.poll()
        if !machine.probeOpened() { failed() }
        if machine.probeOpened() { failed() }
        if machine.endPollOfProbe() { failed("a poll waits for the probe's answer") }
        guard case .answer = machine.probeReceived(.ping(Array("probe".utf8))) else { return failed() }
        // From now on every poll ends soon.
        if !machine.endPollOfProbe() { failed() }
        guard case .holdBriefly = machine.poll() else { return failed() }
        guard case .holdInstead = machine.poll() else { return failed() }
        if !machine.endPollOfProbe() { failed() }
        if machine.endPollOfProbe() { failed("a poll ends once") }
        #expect(machine.send(packet("early")) == .buffered)
        guard case .answer(let early) = machine.poll() else { return failed() }
        #expect(texts(early) == ["4early"])
        _ = machine.send(packet("a"))
        _ = machine.send(packet("b"))
        guard case .upgraded(let flushed, refusesPoll: false) = machine.probeReceived(.upgrade) else { return failed() }
        #expect(texts(flushed) == ["4a", "4b"])
        #expect(machine.send(packet("c")) == .write)
        guard case .wrongTransport = machine.poll() else { return failed() }
        #expect(machine.beginPost() == .wrongTransport)
        if machine.probeOpened() { failed() }
    }

    @Test func aFailedProbeLeavesPollingAlone() {
        for wrong in [EnginePacket.message([]), .ping([]), .upgrade, .pong([]), .close, nil] as [EnginePacket?] {
            var machine = machine()
            if !machine.probeOpened() { failed() }
            guard case .reject = machine.probeReceived(wrong) else { return failed("\(String(describing: wrong))") }
            machine.probeLost()
            guard case .hold = machine.poll() else { return failed() }
            if !machine.probeOpened() { failed() }
        }
    }

    @Test func receivedPackets() {
        let machine = machine(.websocket)
        #expect(machine.receive(.message([1])) == .text([1]))
        #expect(machine.receive(.binary([2])) == .binary([2]))
        #expect(machine.receive(.pong([])) == .pong)
        #expect(machine.receive(.noop) == .nothing)
        #expect(machine.receive(.close) == .close(.transportClose))
        for bad in [EnginePacket.ping([]), .open([]), .upgrade, nil] as [EnginePacket?] {
            #expect(machine.receive(bad) == .close(.parseError))
        }
    }

    @Test func farewells() {
        var idle = machine()
        _ = idle.send(packet("last"))
        guard case .wait? = idle.disconnect() else { return failed() }
        #expect(idle.send(packet("late")) == .closed)
        guard case .last(let packets) = idle.poll() else { return failed() }
        #expect(texts(packets) == ["4last", "1"])
        guard case .unknown = idle.poll() else { return failed() }

        var polling = machine()
        _ = polling.poll()
        guard case .answer(let now)? = polling.disconnect() else { return failed() }
        #expect(texts(now) == ["1"])
        if polling.disconnect() != nil || polling.close() != nil { failed() }
        var websocket = machine(.websocket)
        guard case .websocket? = websocket.disconnect() else { return failed() }
    }

    @Test func sessionIDsTellTheirPlace() {
        let id = EngineSessionID(node: 513, loop: 7)
        #expect(id.text.utf8.count == 20)
        let read = EngineSessionID(id.text)
        #expect(read?.node == 513 && read?.loop == 7)
        for bad in ["", "__proto__", "short", "....................", id.text + "x"] { #expect(EngineSessionID(bad) == nil) }
    }
}

// The state machine of a session under every order of events: whatever happens, packets arrive once, in order, or the session has ended.
import Testing

@testable import TiketiRealtime

@Suite struct EngineModelTests {
    /// A random sequence that can be repeated.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// What a client of the machine under test would know.
    private struct Model {
        var sent = 0
        var arrived: [String] = []
        var isEnded = false

        /// `sent` packets were accepted; those that arrived are their beginning.
        func check(_ step: String, _ seed: UInt64) {
            let expected = (0..<arrived.count).map { "4\($0)" }
            #expect(arrived == expected, "seed \(seed), after \(step)")
            #expect(arrived.count <= sent, "seed \(seed), after \(step)")
        }
    }

    private enum Step: CaseIterable {
        case send, poll, flush, abort, post, probe, ask, upgrade, lost, close, disconnect
    }

    private func deliver(_ packets: [EncodedPacket], to model: inout Model) {
        for packet in packets {
            let text = String(decoding: packet.payload, as: UTF8.self)
            if text.hasPrefix("4") { model.arrived.append(text) } else { #expect(text == "1") }
        }
    }

    private func take(_ step: Step, _ machine: inout EngineStateMachine, _ model: inout Model, _ isHeld: inout Bool) {
        switch step {
        case .send:
            switch machine.send(EncodedPacket(text: Array("\(model.sent)".utf8))) {
            case .write:
                model.sent += 1
                model.arrived.append("4\(model.sent - 1)")
            case .answerPoll, .buffered: model.sent += 1
            case .closed: #expect(machine.phase != .open)
            case .dropped, .overflow: Issue.record("nothing is volatile, and everything fits")
            }
        case .poll:
            switch machine.poll() {
            case .answer(let packets), .last(let packets): deliver(packets, to: &model)
            case .hold, .holdBriefly, .holdInstead: isHeld = true
            case .duplicate: _ = machine.close()
            case .wrongTransport: #expect(machine.transport == .websocket)
            case .unknown: #expect(machine.phase == .closed)
            }
        case .flush:
            guard let packets = machine.takeForPendingPoll() else { return }
            #expect(isHeld && !packets.isEmpty)
            isHeld = false
            deliver(packets, to: &model)
        case .abort:
            if machine.pollAborted() {
                #expect(isHeld)
                _ = machine.close()
            }
            isHeld = machine.isPollPending
        case .post:
            if machine.beginPost() == .accept { machine.endPost() }
        case .probe: _ = machine.probeOpened()
        case .ask:
            if case .answer = machine.probeReceived(.ping(Array("probe".utf8))), machine.endPollOfProbe() { isHeld = false }
        case .upgrade:
            if case .upgraded(let packets, _) = machine.probeReceived(.upgrade) {
                deliver(packets, to: &model)
                isHeld = false
            }
        case .lost: machine.probeLost()
        case .close:
            if let (_, rest) = machine.close() { deliver(rest, to: &model) }
        case .disconnect:
            if case .answer(let packets)? = machine.disconnect() { deliver(packets, to: &model) }
        }
    }

    @Test func packetsArriveOnceAndInOrder() {
        for seed in 1...3_000 as ClosedRange<UInt64> {
            var dice = Dice(state: seed)
            let backlog = EngineBacklog(share: 10_000, limit: 10_000, patience: .seconds(3))
            var machine = EngineStateMachine(transport: seed % 5 == 0 ? .websocket : .polling, backlog: backlog)
            var model = Model()
            var isHeld = false
            for _ in 0..<40 {
                // Ends are rare, or there would be nothing else.
                var step = Step.allCases.randomElement(using: &dice) ?? .send
                if step == .close || step == .disconnect || step == .abort, Int.random(in: 0..<10, using: &dice) > 0 { step = .send }
                take(step, &machine, &model, &isHeld)
                model.check("\(step)", seed)
                if machine.phase == .closed { #expect(machine.bufferedBytes == 0 && machine.send(.noop) == .closed) }
            }
            // A client that goes on fetching gets everything that was accepted, unless the session has ended.
            while machine.phase == .open, machine.transport == .polling {
                if let packets = machine.takeForPendingPoll() { deliver(packets, to: &model) }
                guard case .answer(let packets) = machine.poll() else { break }
                deliver(packets, to: &model)
            }
            if machine.phase == .open { #expect(model.arrived.count == model.sent, "seed \(seed)") }
            #expect(machine.phase != .open || machine.bufferedBytes == 0, "seed \(seed)")
        }
    }

    @Test func whatWaitsAfterAFarewellIsFetchedOnce() {
        var machine = EngineStateMachine(transport: .polling, backlog: EngineBacklog(share: 1_000, limit: 1_000, patience: .seconds(3)))
        for index in 0..<20 { _ = machine.send(EncodedPacket(text: Array("\(index)".utf8))) }
        guard case .wait? = machine.disconnect() else {
            Issue.record("no poll is pending")
            return
        }
        guard case .last(let packets) = machine.poll() else {
            Issue.record("the farewell waits")
            return
        }
        // All at once: there will be no other poll.
        #expect(packets.count == 21 && String(decoding: packets[20].payload, as: UTF8.self) == "1")
        guard case .unknown = machine.poll() else {
            Issue.record("fetched once")
            return
        }
    }
}

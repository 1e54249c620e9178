import Testing

@testable import PaymentService

/// Every state against every step: what is not written here as allowed is refused.
struct PaymentStateTests {
    /// Every state that the table's constraint allows.
    static let legal: [PaymentState] = [
        .created,
        PaymentState(phase: .confirming, status: .pending),
        PaymentState(phase: .approved, status: .pending),
        PaymentState(phase: .settling, status: .failed, settlement: .decline),
        PaymentState(phase: .settling, status: .failed, settlement: .void),
        PaymentState(phase: .settling, status: .failed, settlement: .void, moneyIsBack: true),
        PaymentState(phase: .settling, status: .pending, settlement: .lateRefund),
        PaymentState(phase: .settling, status: .cancelled, settlement: .lateRefund, moneyIsBack: true),
        PaymentState(phase: .settling, status: .confirmed, settlement: .refund),
        PaymentState(phase: .settling, status: .cancelled, settlement: .refund, moneyIsBack: true),
        PaymentState(phase: .settling, status: .cancelled, settlement: .external, moneyIsBack: true),
        PaymentState(phase: .done, status: .confirmed),
        PaymentState(phase: .done, status: .failed),
        PaymentState(phase: .done, status: .failed, settlement: .decline),
        PaymentState(phase: .done, status: .failed, settlement: .void, moneyIsBack: true),
        PaymentState(phase: .done, status: .cancelled, settlement: .lateRefund, moneyIsBack: true),
        PaymentState(phase: .done, status: .cancelled, settlement: .refund, moneyIsBack: true),
        PaymentState(phase: .done, status: .cancelled, settlement: .external, moneyIsBack: true),
    ]

    @Test func everyStepLeadsFromALegalStateToALegalState() {
        for state in Self.legal {
            for step in PaymentStep.allCases {
                guard let next = state.after(step) else { continue }
                #expect(Self.legal.contains(next), "\(state) \(step) \(next)")
            }
        }
    }

    @Test func everyLegalStateIsReachedFromCreated() {
        var reached: Set<PaymentState> = [.created]
        var fresh = reached
        while !fresh.isEmpty {
            let next = Set(fresh.flatMap { state in PaymentStep.allCases.compactMap { state.after($0) } })
            fresh = next.subtracting(reached)
            reached.formUnion(next)
        }
        #expect(reached == Set(Self.legal))
    }

    @Test func finishedPaymentsMoveOnlyForMoney() {
        for state in Self.legal where state.phase == .done {
            let allowed = PaymentStep.allCases.filter { state.after($0) != nil }
            switch state.status {
            case .confirmed: #expect(Set(allowed) == [.askRefund, .foundCancelled])
            case .failed: #expect(allowed == [.void])
            case .cancelled, .pending: #expect(allowed.isEmpty)
            }
        }
    }

    @Test func nothingClosesWhileMoneyIsOwed() {
        for state in Self.legal where state.owesMoney {
            #expect(state.after(.close) == nil)
            #expect(state.after(.returnMoney)?.owesMoney == false)
        }
    }

    @Test func noStepMakesAPaidPaymentFailed() {
        for state in Self.legal where state.phase == .approved || state.status == .confirmed {
            for step in PaymentStep.allCases {
                if let next = state.after(step) { #expect(next.status != .failed, "\(state) \(step)") }
            }
        }
    }

    @Test func everyWayEndsInDone() {
        for state in Self.legal where state.phase != .done {
            var seen: Set<PaymentState> = []
            var open = [state]
            while let current = open.popLast() {
                guard seen.insert(current).inserted else { continue }
                open += PaymentStep.allCases.compactMap { current.after($0) }
            }
            #expect(seen.contains { $0.phase == .done }, "\(state)")
        }
    }
}

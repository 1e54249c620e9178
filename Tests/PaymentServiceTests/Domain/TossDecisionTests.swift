import Testing

@testable import PaymentService

/// Paid, not paid, or not known: every answer of Toss against every situation.
struct TossDecisionTests {
    let order = "ORDER-1"

    func payment(_ status: TossStatus?, total: Int64 = 1000, balance: Int64? = nil, order: String = "ORDER-1") -> TossAnswer {
        .payment(TossPayment(paymentKey: "k", orderID: order, status: status, totalAmount: total, balanceAmount: balance ?? total))
    }

    func confirm(_ answer: TossAnswer, repeated: Bool = false) -> ConfirmDecision {
        TossDecision.afterConfirm(answer, orderID: order, amount: 1000, repeated: repeated)
    }

    func query(_ answer: TossAnswer, after seconds: Int = 0, refusal: Refusal? = nil) -> ConfirmDecision {
        TossDecision.afterQuery(
            answer, orderID: order, amount: 1000, doubt: .init(sinceFirst: .seconds(seconds), sinceLatest: .seconds(seconds)),
            refusal: refusal)
    }

    @Test func onlyDoneWithTheExactAmountAndOurOrderIsPaid() {
        for status in TossStatus.allCases + [nil] {
            for total in [Int64(999), 1000, 1001] {
                for balance in [Int64(0), 999, 1000] {
                    for order in ["ORDER-1", "ORDER-2"] {
                        let answer = payment(status, total: total, balance: balance, order: order)
                        for decision in [confirm(answer), confirm(answer, repeated: true), query(answer), query(answer, after: 999)] {
                            var approved = false
                            if case .approve = decision { approved = true }
                            #expect(approved == (status == .done && total == 1000 && balance == 1000 && order == "ORDER-1"))
                        }
                    }
                }
            }
        }
    }

    @Test func whatIsNotOurPriceIsTakenBack() {
        #expect(confirm(payment(.done, total: 900)) == .void(code: "AMOUNT_MISMATCH", key: "k"))
        #expect(confirm(payment(.waitingForDeposit)) == .void(code: "WAITING_FOR_DEPOSIT", key: "k"))
        #expect(query(payment(.partialCanceled, balance: 1)) == .void(code: "PARTIAL_CANCELED", key: "k"))
        // Parts that add up to the whole.
        #expect(query(payment(.partialCanceled, balance: 0)) == .foundCancelled)
        #expect(TossDecision.afterCancel(payment(.partialCanceled, balance: 0)) == .returned)
        #expect(TossDecision.afterRefundQuery(payment(.partialCanceled, balance: 0), refused: true) == .returned)
        #expect(query(payment(.canceled, balance: 0)) == .foundCancelled)
    }

    @Test func unknownNeverBecomesFailed() {
        let unknown: [TossAnswer] = [
            .unreachable("timeout"), .refused(status: 500, code: "UNKNOWN_PAYMENT_ERROR", message: ""),
            .refused(status: 400, code: "PROVIDER_ERROR", message: ""),
            .refused(status: 400, code: "ALREADY_PROCESSED_PAYMENT", message: ""),
            .refused(status: 429, code: "X", message: ""), payment(.done, order: "ORDER-2"), payment(nil),
        ]
        for answer in unknown {
            #expect(confirm(answer) == .ask(refusal: nil))
            #expect(confirm(answer, repeated: true) == .ask(refusal: nil))
            for seconds in [0, 89, 90, 10_000] {
                switch query(answer, after: seconds) {
                case .wait: break
                case let other: Issue.record("\(answer) after \(seconds) s became \(other)")
                }
            }
        }
    }

    @Test func aFirstRefusalIsFinalAndARepeatedOneIsCheckedFirst() {
        let refused = TossAnswer.refused(status: 403, code: "REJECT_CARD_COMPANY", message: "no")
        #expect(confirm(refused) == .decline(code: "REJECT_CARD_COMPANY", message: "no"))
        let refusal = Refusal(code: "REJECT_CARD_COMPANY", message: "no")
        #expect(confirm(refused, repeated: true) == .ask(refusal: refusal))
        // The earlier call had taken the money after all.
        #expect(query(payment(.done), refusal: refusal) == confirm(payment(.done)))
        #expect(query(payment(.inProgress), after: 10, refusal: refusal) == .wait(reason: "REJECT_CARD_COMPANY"))
        #expect(query(payment(.inProgress), after: 90, refusal: refusal) == .decline(code: "REJECT_CARD_COMPANY", message: "no"))
    }

    @Test func findingNothingProvesNothingForNinetySeconds() {
        let nothing = TossAnswer.refused(status: 404, code: "NOT_FOUND_PAYMENT", message: "")
        #expect(query(nothing, after: 0) == .callAgain)
        #expect(query(nothing, after: 89) == .callAgain)
        #expect(query(nothing, after: 90) == .decline(code: "NOT_FOUND_PAYMENT", message: ""))
        #expect(query(payment(.inProgress), after: 1000) == .callAgain)
        #expect(query(payment(.ready), after: 0) == .callAgain)
    }

    @Test func tossAbortedOrExpiredIsNotPaid() {
        guard case .decline = query(payment(.aborted)), case .decline = query(payment(.expired)) else {
            Issue.record("aborted and expired are final")
            return
        }
    }

    @Test func ourOwnKeyIsNobodysFailure() {
        let refused = TossAnswer.refused(status: 401, code: "UNAUTHORIZED_KEY", message: "m")
        #expect(confirm(refused) == .configuration(code: "UNAUTHORIZED_KEY", message: "m"))
        #expect(query(refused, after: 10_000) == .configuration(code: "UNAUTHORIZED_KEY", message: "m"))
    }

    @Test func refundsAreAskedForUntilTheyAreSeen() {
        #expect(TossDecision.afterCancel(payment(.canceled, balance: 0)) == .returned)
        #expect(TossDecision.afterCancel(payment(.done)) == .ask(refused: false))
        #expect(TossDecision.afterCancel(.unreachable("x")) == .ask(refused: false))
        #expect(TossDecision.afterCancel(.refused(status: 400, code: "ALREADY_CANCELED_PAYMENT", message: "")) == .ask(refused: true))
        #expect(TossDecision.afterRefundQuery(payment(.canceled, balance: 0), refused: true) == .returned)
        #expect(TossDecision.afterRefundQuery(payment(.done), refused: false) == .cancel(newAttempt: false, refundable: 1000))
        #expect(
            TossDecision.afterRefundQuery(payment(.partialCanceled, balance: 400), refused: true)
                == .cancel(newAttempt: true, refundable: 400))
        guard case .wait = TossDecision.afterRefundQuery(.unreachable("x"), refused: false) else {
            Issue.record("an unknown refund is asked for again")
            return
        }
    }

    @Test func answersThatAreNotTossesDecideNothing() {
        func read(_ status: Int, _ body: String) -> TossAnswer { TossAnswer.read(status: status, body: Array(body.utf8)) }
        for (status, body) in [
            (200, "<html>"), (200, "{}"), (200, ""), (500, "oops"), (502, "<html>"), (302, "{\"code\":\"X\"}"), (403, "{}"),
            (200, "{\"paymentKey\":\"k\",\"orderId\":\"ORDER-1\",\"status\":\"DONE\"}"),
            (200, "{\"paymentKey\":\"k\",\"orderId\":\"ORDER-1\",\"status\":\"DONE\",\"totalAmount\":1000.5}"),
            (200, "{\"paymentKey\":\"k\",\"orderId\":\"ORDER-1\",\"status\":\"DONE\",\"totalAmount\":\"1000\"}"),
        ] {
            guard case .unreachable = read(status, body) else {
                Issue.record("\(status) \(body) was believed")
                continue
            }
        }
        let whole = """
            {"paymentKey":"k","orderId":"ORDER-1","status":"DONE","totalAmount":1000,"balanceAmount":1000.0,"method":"카드",
             "approvedAt":"2022-01-01T09:00:00+09:00","failure":null,"somethingNew":{"a":[1]}}
            """
        guard case .payment(let payment) = read(200, whole) else {
            Issue.record("a payment was not read")
            return
        }
        #expect(payment.status == .done && payment.method == "카드" && payment.approvedAt?.rfc3339 == "2022-01-01T00:00:00Z")
    }
}

import Testing
import TiketiCore
import TiketiJSON
import TiketiNet
import TiketiTesting

@testable import PaymentService
@testable import TossSimulator

/// The stand-in for Toss keeps Toss's rules, or the tests that use it prove nothing.
@Suite(.timeLimit(.minutes(5)))
struct SimulatorTests {
    private func basic(_ text: String) -> (String, String) { ("Authorization", "Basic " + Base64.encode(Array(text.utf8))) }

    private func open(_ fixture: PaymentFixture, _ order: String, behaviour: String? = nil) async throws -> String {
        let answer = try await fixture.call(.post, "/simulator/payments", port: fixture.simulatorPort) {
            $0.member("orderId", order)
            $0.member("amount", 1000)
            $0.member("behaviour", behaviour)
        }
        return try #require(answer.body["paymentKey"]?.stringValue, "\(answer)")
    }

    private func confirm(
        _ fixture: PaymentFixture, _ key: String, _ order: String, amount: Int = 1000, idempotencyKey: String? = nil,
        auth: String = "test_sk_fixture:",
        code: String? = nil
    ) async throws -> PaymentFixture.Answer {
        var headers = [basic(auth)]
        if let idempotencyKey { headers.append(("Idempotency-Key", idempotencyKey)) }
        if let code { headers.append(("TossPayments-Test-Code", code)) }
        return try await fixture.call(.post, "/v1/payments/confirm", port: fixture.simulatorPort, headers: headers) {
            $0.member("paymentKey", key)
            $0.member("orderId", order)
            $0.member("amount", amount)
        }
    }

    @Test func idempotencyKeys() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let (slow, other) = (try await open(fixture, "ORDER-slow", behaviour: "late-2000"), try await open(fixture, "ORDER-other"))
        let before = try await fixture.tossRequests()
        async let first = confirm(fixture, slow, "ORDER-slow", idempotencyKey: "k")
        try await fixture.until("the first call") { try await fixture.tossRequests() > before }
        let running = try await confirm(fixture, slow, "ORDER-slow", idempotencyKey: "k")
        #expect(running.status == 409 && running.code == "IDEMPOTENT_REQUEST_PROCESSING")
        let done = try await first
        #expect(done.status == 200 && done.body["status"]?.stringValue == "DONE")
        #expect(try await confirm(fixture, slow, "ORDER-slow", idempotencyKey: "k").bytes == done.bytes)
        // The body does not count: a key used again for another payment hears the old answer, and the other is not charged.
        #expect(try await confirm(fixture, other, "ORDER-other", idempotencyKey: "k").bytes == done.bytes)
        #expect(try await confirm(fixture, slow, "ORDER-slow", idempotencyKey: "k2").code == "ALREADY_PROCESSED_PAYMENT")
        #expect(try await confirm(fixture, slow, "ORDER-slow").code == "ALREADY_PROCESSED_PAYMENT")
        #expect(
            try await confirm(fixture, other, "ORDER-other", idempotencyKey: String(repeating: "x", count: 301)).code
                == "INVALID_IDEMPOTENCY_KEY")
        // The path counts.
        let cancelled = try await fixture.call(
            .post, "/v1/payments/\(slow)/cancel", port: fixture.simulatorPort,
            headers: [basic("test_sk_fixture:"), ("Idempotency-Key", "k")]
        ) { $0.member("cancelReason", "x") }
        #expect(cancelled.body["status"]?.stringValue == "CANCELED")
        let ledger = try await fixture.call(.get, "/simulator/ledger", port: fixture.simulatorPort).body
        #expect(ledger["totals"]?["charged"]?.intValue == 1000 && ledger["totals"]?["refunded"]?.intValue == 1000)
        await fixture.close()
    }

    @Test func whoAsksAndForWhat() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let key = try await open(fixture, "ORDER-1")
        #expect(try await confirm(fixture, key, "ORDER-1", auth: "test_sk_fixture").code == "INCORRECT_BASIC_AUTH_FORMAT")
        #expect(try await confirm(fixture, key, "ORDER-1", auth: "test_sk_other:").status == 401)
        #expect(try await fixture.call(.get, "/v1/payments/\(key)", port: fixture.simulatorPort).status == 401)
        #expect(try await confirm(fixture, key, "ORDER-1", amount: 999).code == "INVALID_REQUEST")
        #expect(try await confirm(fixture, key, "ORDER-2").code == "INVALID_REQUEST")
        #expect(try await confirm(fixture, "nobody's", "ORDER-1").code == "NOT_FOUND_PAYMENT")
        let aid = try await confirm(fixture, key, "ORDER-1", code: "REJECT_CARD_COMPANY")
        #expect(aid.status == 403 && aid.code == "REJECT_CARD_COMPANY")
        #expect(try await confirm(fixture, key, "ORDER-1").status == 200)
        for path in ["/v1/payments/\(key)", "/v1/payments/orders/ORDER-1"] {
            let found = try await fixture.call(.get, path, port: fixture.simulatorPort, headers: [basic("test_sk_fixture:")])
            #expect(found.body["orderId"]?.stringValue == "ORDER-1" && found.body["balanceAmount"]?.intValue == 1000)
        }
        let nonsense = try await fixture.call(.post, "/simulator/payments", port: fixture.simulatorPort) {
            $0.member("orderId", "ORDER-3")
            $0.member("amount", 1000)
            $0.member("behaviour", "explode")
        }
        #expect(nonsense.status == 400)
        await fixture.close()
    }

    @Test func cancellingAndTheDaysLines() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let key = try await open(fixture, "ORDER-1")
        #expect(try await confirm(fixture, key, "ORDER-1").status == 200)
        func cancel(_ amount: Int?, refundable: Int? = nil) async throws -> PaymentFixture.Answer {
            try await fixture.call(.post, "/v1/payments/\(key)/cancel", port: fixture.simulatorPort, headers: [basic("test_sk_fixture:")]) {
                $0.member("cancelReason", "x")
                if let amount { $0.member("cancelAmount", amount) }
                if let refundable { $0.member("refundableAmount", refundable) }
            }
        }
        /// When the second of the cancel before is over.
        func later(_ amount: Int?, refundable: Int? = nil) async throws -> PaymentFixture.Answer {
            let answer = Locked<PaymentFixture.Answer?>(nil)
            try await fixture.until("its turn") {
                let latest = try await cancel(amount, refundable: refundable)
                answer.withLock { $0 = latest }
                return latest.code != "FORBIDDEN_CONSECUTIVE_REQUEST"
            }
            return try #require(answer.withLock { $0 })
        }
        #expect(try await cancel(nil, refundable: 999).code == "NOT_MATCHES_REFUNDABLE_AMOUNT")
        try await fixture.until("one that comes too soon") {
            try await cancel(400, refundable: 999).code == "FORBIDDEN_CONSECUTIVE_REQUEST"
        }
        #expect(try await later(400, refundable: 1000).body["status"]?.stringValue == "PARTIAL_CANCELED")
        #expect(try await later(601).code == "NOT_CANCELABLE_AMOUNT")
        let whole = try await later(nil, refundable: 600)
        #expect(whole.body["status"]?.stringValue == "CANCELED" && whole.body["balanceAmount"]?.intValue == 0)
        #expect(whole.body["cancels"]?.arrayValue?.count == 2)
        #expect(try await later(nil).code == "ALREADY_CANCELED_PAYMENT")

        func lines(_ more: String) async throws -> [JSONValue] {
            let now = Timestamp.now()
            let (from, to) = (now.adding(seconds: -600), now.adding(seconds: 600))
            let path = "/v1/transactions?startDate=\(from.rfc3339)&endDate=\(to.rfc3339)\(more)"
            return try await fixture.call(.get, path, port: fixture.simulatorPort, headers: [basic("test_sk_fixture:")]).body.arrayValue
                ?? []
        }
        let all = try await lines("")
        #expect(all.map { $0["amount"]?.intValue } == [1000, -400, -600])
        #expect(all.map { $0["status"]?.stringValue } == ["DONE", "PARTIAL_CANCELED", "CANCELED"])
        let first = try await lines("&limit=2")
        #expect(first.count == 2)
        let rest = try await lines("&limit=2&startingAfter=\(try #require(first[1]["transactionKey"]?.stringValue))")
        #expect(rest.map { $0["amount"]?.intValue } == [-600])
        await fixture.close()
    }
}

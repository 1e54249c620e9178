import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// Confirming over real sockets, a real database and the real simulator: who is charged, what the buyer hears, what happens to the hold.
@Suite(.timeLimit(.minutes(5)))
struct ConfirmTests {
    @Test func aPurchase() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 200)
        let payment = try #require(answer.body["payment"])
        #expect(payment["orderId"]?.stringValue == buyer.orderID)
        #expect(payment["amount"]?.int64Value == 70_000)
        #expect(payment["status"]?.stringValue == "confirmed")
        #expect(payment["method"]?.stringValue == "카드")
        #expect(payment["approvedAt"]?.stringValue != nil)
        #expect(answer.body["reservation"]?["id"]?.stringValue == buyer.reservationID.description)
        #expect(answer.body["reservation"]?["status"]?.stringValue == "confirmed")
        #expect(answer.body["reservation"]?["paymentStatus"]?.stringValue == "completed")
        #expect(fixture.ticket[buyer.reservationID]?.status == "confirmed")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)

        let id = try #require(payment["id"]?.stringValue)
        let got = try await fixture.call(.get, "/api/payments/\(id)", token: buyer.token)
        #expect(got.status == 200 && got.body["payment"]?["status"]?.stringValue == "confirmed")
        let stranger = try fixture.buyer()
        #expect(try await fixture.call(.get, "/api/payments/\(id)", token: stranger.token).status == 404)
        #expect(try await fixture.call(.get, "/api/payments/\(id)").status == 401)
        #expect(try await fixture.call(.get, "/api/payments/nonsense", token: buyer.token).status == 404)
        let mine = try await fixture.call(.get, "/api/payments/my?limit=5", token: buyer.token)
        #expect(mine.body["payments"]?.arrayValue?.count == 1 && mine.body["pagination"]?["total"]?.intValue == 1)
        #expect(try await fixture.call(.get, "/api/payments?limit=5", token: buyer.token).bytes == mine.bytes)
        #expect(try await fixture.call(.get, "/api/payments", token: stranger.token).body["payments"]?.arrayValue?.isEmpty == true)
        #expect(try await fixture.call(.get, "/api/payments?limit=101", token: buyer.token).status == 400)
        #expect(try await fixture.call(.get, "/api/payments").code == "NO_TOKEN")

        #expect(try await fixture.facts(buyer) == ["payment.confirmed"])
        let story = try await fixture.call(.get, "/internal/payments/\(id)", token: PaymentFixture.token)
        let steps = story.body["history"]?.arrayValue?.compactMap { $0["step"]?.stringValue }
        #expect(steps == ["prepare", "begin", "call", "approve", "confirm"])
        #expect(
            story.body["payment"]?["phase"]?.stringValue == "done"
                && !String(decoding: story.bytes, as: UTF8.self).contains(buyer.paymentKey))
        await fixture.close()
    }

    /// What an operator looks through.
    @Test func listingForOperators() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let paid = try await fixture.ready()
        #expect(try await fixture.confirm(paid).status == 200)
        let declined = try await fixture.ready("REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(declined).status == 402)
        let stuck = try await fixture.ready("UNAUTHORIZED_KEY")
        #expect(try await fixture.confirm(stuck).status == 202)
        func orders(_ query: String) async throws -> [String?] {
            let answer = try await fixture.call(.get, "/internal/payments\(query)", token: PaymentFixture.token)
            #expect(answer.status == 200, "\(answer)")
            return answer.body["payments"]?.arrayValue?.map { $0["orderId"]?.stringValue } ?? []
        }
        #expect(try await orders("") == [stuck.orderID, declined.orderID, paid.orderID])
        #expect(try await orders("?limit=1&page=2") == [declined.orderID])
        #expect(try await orders("?status=failed") == [declined.orderID])
        #expect(try await orders("?phase=confirming") == [stuck.orderID])
        #expect(try await orders("?alarmed=true") == [stuck.orderID])
        #expect(try await orders("?userId=\(paid.userID)") == [paid.orderID])
        #expect(try await orders("?reservationId=\(declined.reservationID)") == [declined.orderID])
        #expect(try await orders("?orderId=\(paid.orderID)&status=confirmed") == [paid.orderID])
        #expect(try await fixture.call(.get, "/internal/payments?status=lost", token: PaymentFixture.token).status == 400)
        #expect(try await fixture.call(.get, "/internal/payments", token: paid.token).status == 401)
        await fixture.close()
    }

    @Test func preparing() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try fixture.buyer()
        let first = try await fixture.prepare(buyer)
        #expect(first.status == 200 && first.body["orderId"]?.stringValue?.hasPrefix("ORDER-") == true)
        #expect(try await fixture.prepare(buyer).bytes == first.bytes)
        #expect(try await fixture.prepare(buyer, amount: 69_999).code == "AMOUNT_MISMATCH")
        #expect(try await fixture.prepare(buyer, amount: -1).code == "VALIDATION_FAILED")
        var stranger = try fixture.buyer()
        stranger.reservationID = buyer.reservationID
        #expect(try await fixture.prepare(stranger).status == 404)
        stranger.reservationID = UUID()
        #expect(try await fixture.prepare(stranger).status == 404)
        fixture.ticket.change(buyer.reservationID) { $0.expiresAt = Timestamp.now().adding(seconds: -1) }
        let late = try await fixture.prepare(buyer)
        #expect(late.status == 409 && late.code == "RESERVATION_EXPIRED")
        let nobody = try await fixture.call(.post, "/api/payments/prepare") { $0.member("amount", 1) }
        #expect(nobody.code == "NO_TOKEN")
        await fixture.close()
    }

    @Test func preparingAtTheSameTimeOpensOneOrder() async throws {
        let fixture = try await PaymentFixture(instances: 2)
        let buyer = try fixture.buyer()
        let orders = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { try await fixture.prepare(buyer).body["orderId"]?.stringValue } }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(orders.count == 1 && !orders.contains(nil))
        await fixture.close()
    }

    @Test(arguments: [nil, "slow-300", "late-200", "drop", "charged-PROVIDER_ERROR"])
    func confirmingManyTimesAtOnceChargesOnce(behaviour: String?) async throws {
        let fixture = try await PaymentFixture(instances: 2)
        let buyer = try await fixture.ready(behaviour)
        let answers = try await withThrowingTaskGroup(of: PaymentFixture.Answer.self) { group in
            for index in 0..<12 { group.addTask { try await fixture.confirm(buyer, instance: index % 2) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let again = try await fixture.confirm(buyer)
        for answer in answers {
            #expect(answer.status == 200)
            #expect(answer.bytes == again.bytes)
        }
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        #expect(try await fixture.row(buyer).calls == 1)
        await fixture.close()
    }

    /// 1,000 buyers, 100 at a time, each confirming three times at once at two instances. Nobody's patience ends because the machine is
    /// busy.
    @Test func manyBuyersConfirmThreeTimesEach() async throws {
        let fixture = try await PaymentFixture(instances: 2) {
            $0.answerTime = .seconds(300)
            $0.tossTimeout = .seconds(300)
            $0.driverPatience = .seconds(300)
        }
        let wrong = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<100 {
                group.addTask {
                    var wrong: [String] = []
                    for _ in 0..<10 {
                        let buyer = try await fixture.ready()
                        async let one = fixture.confirm(buyer, instance: 0)
                        async let two = fixture.confirm(buyer, instance: 1)
                        async let three = fixture.confirm(buyer, instance: 0)
                        let answers = try await [one, two, three]
                        let charges = try await fixture.ledger(buyer)["charges"]?.intValue
                        if charges != 1 || !answers.allSatisfy({ $0.status == 200 && $0.bytes == answers[0].bytes }) {
                            wrong.append("\(charges ?? 0) charges, \(answers.map(\.status))")
                        }
                    }
                    return wrong
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(wrong.isEmpty)
        let exposition = String(decoding: fixture.registry.exposition(), as: UTF8.self)
        #expect(exposition.contains("tiketi_payments_processed_total{status=\"confirmed\"} 1000"))
        await fixture.close()
    }

    @Test func theBuyerIsAnsweredBeforeTossIs() async throws {
        let fixture = try await PaymentFixture { $0.answerTime = .milliseconds(200) }
        let buyer = try await fixture.ready("slow-1000")
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 202)
        #expect(answer.body["success"]?.boolValue == true && answer.body["payment"]?["status"]?.stringValue == "pending")
        try await fixture.eventually(buyer, "confirmed")
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        await fixture.close()
    }

    /// Toss is never waited for inside a transaction: no lock, no connection, nothing that a slow bank could hold up.
    @Test func nothingIsHeldWhileTossThinks() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready("late-1500")
        async let confirmed = fixture.confirm(buyer)
        try await fixture.until("Toss to be called") { try await fixture.row(buyer).calls == 1 }
        let busy = try await fixture.database.query(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE usename = 'tiketi_payment' AND datname = current_database()
                AND (state LIKE 'idle in transaction%' OR backend_xid IS NOT NULL)
            """)
        #expect(try busy.first?.int(0) == 0)
        try await fixture.database.query("SELECT FROM payment_schema.payments FOR UPDATE NOWAIT")
        #expect(try await confirmed.status == 200)
        await fixture.close()
    }

    @Test func wrongOrdersAmountsAndKeys() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer, amount: 1).code == "AMOUNT_MISMATCH")
        var stranger = try fixture.buyer()
        stranger.orderID = buyer.orderID
        stranger.paymentKey = buyer.paymentKey
        #expect(try await fixture.confirm(stranger).status == 404)
        stranger.orderID = "ORDER-unknown"
        #expect(try await fixture.confirm(stranger).status == 404)
        stranger.orderID = "x"
        #expect(try await fixture.confirm(stranger).code == "VALIDATION_FAILED")
        #expect(try await fixture.confirm(buyer).status == 200)
        let other = try await fixture.confirm(buyer, paymentKey: "another")
        #expect(other.status == 409 && other.code == "PAYMENT_KEY_MISMATCH")
        #expect(try await fixture.prepare(buyer).code == "RESERVATION_EXPIRED")
        await fixture.close()
    }

    @Test func withoutTheLeaseTossIsNotCalled() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        fixture.ticket.change(buyer.reservationID) { $0.expiresAt = Timestamp.now().adding(seconds: -1) }
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 409 && answer.code == "RESERVATION_EXPIRED")
        #expect(answer.body["refunded"] == nil)
        #expect(try await fixture.confirm(buyer).status == 409)
        #expect(try await fixture.ledger(buyer)["confirmCalls"]?.intValue == 0)

        let rival = try await fixture.ready()
        fixture.ticket.change(rival.reservationID) {
            $0.payingOrder = "ORDER-other"
            $0.payingUntil = Timestamp.now().adding(seconds: 60)
        }
        let busy = try await fixture.confirm(rival)
        #expect(busy.status == 409 && busy.code == "PAYMENT_IN_PROGRESS")
        #expect(try await fixture.ledger(rival)["confirmCalls"]?.intValue == 0)
        // The order is open still.
        fixture.ticket.change(rival.reservationID) { $0.payingUntil = nil }
        #expect(try await fixture.confirm(rival).status == 200)
        await fixture.close()
    }

    @Test func paidTooLateIsRefunded() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        fixture.ticket.change(buyer.reservationID) { $0.endsBeforeConfirm = true }
        let answer = try await fixture.confirm(buyer)
        #expect(answer.status == 409 && answer.code == "RESERVATION_EXPIRED")
        #expect(answer.body["refunded"]?.boolValue == true)
        #expect(try await fixture.confirm(buyer).body["refunded"]?.boolValue == true)
        let ledger = try await fixture.ledger(buyer)
        #expect(ledger["status"]?.stringValue == "CANCELED" && ledger["refundedAmount"]?.int64Value == 70_000)
        try await fixture.eventually(buyer, "cancelled")
        await fixture.close()
    }
}

extension ConfirmTests {
    @Test func theIdempotencyKeyOfPrepare() async throws {
        let fixture = try await PaymentFixture(instances: 2)
        let buyer = try fixture.buyer()
        func prepare(_ key: String, _ reservation: UUID, instance: Int = 0) async throws -> PaymentFixture.Answer {
            let headers = [("Idempotency-Key", key)]
            return try await fixture.call(
                .post, "/api/payments/prepare", port: fixture.paymentPorts[instance], token: buyer.token, headers: headers
            ) {
                $0.member("reservationId", reservation)
                $0.member("amount", buyer.amount)
            }
        }
        let first = try await prepare("p-1", buyer.reservationID)
        #expect(first.status == 200)
        #expect(try await prepare("p-1", buyer.reservationID, instance: 1).bytes == first.bytes)
        #expect(try await prepare("p-2", buyer.reservationID).bytes == first.bytes)
        let mismatch = try await prepare("p-1", UUID())
        #expect(mismatch.status == 409 && mismatch.code == "IDEMPOTENCY_MISMATCH")
        #expect(try await prepare(String(repeating: "k", count: 201), buyer.reservationID).status == 400)
        let orders = try await fixture.database.query("SELECT count(*) FROM payment_schema.payments")
        #expect(try orders.first?.int(0) == 1)
        await fixture.close()
    }

    /// The answer under a key is not repeated to a session that has ended.
    @Test func anEndedSessionGetsNoRepeatedAnswer() async throws {
        let fixture = try await PaymentFixture(instances: 2)
        var buyer = try fixture.buyer()
        let session = UUID()
        try await fixture.database.run(
            script: """
                INSERT INTO auth_schema.users (id, email, password_hash, name)
                    VALUES ('\(buyer.userID)', '\(buyer.userID)@example.com', 'x', 'n');
                INSERT INTO auth_schema.sessions (id, user_id, generation, expires_at)
                    VALUES ('\(session)', '\(buyer.userID)', 0, now() + interval '1 day');
                """)
        let claims = SessionClaims(id: session, generation: 0, authenticatedAt: .now())
        buyer.token = JWT.sign(
            Principal(userID: buyer.userID, email: "b@example.com", role: .user, session: claims), secret: PaymentFixture.secret,
            lifetime: .seconds(3600))
        func prepare(_ instance: Int) async throws -> PaymentFixture.Answer {
            try await fixture.call(
                .post, "/api/payments/prepare", port: fixture.paymentPorts[instance], token: buyer.token,
                headers: [("Idempotency-Key", "prepare")]
            ) {
                $0.member("reservationId", buyer.reservationID)
                $0.member("amount", buyer.amount)
            }
        }
        let first = try await prepare(0)
        #expect(first.status == 200)
        #expect(try await prepare(0).bytes == first.bytes)
        try await fixture.database.run(script: "UPDATE auth_schema.sessions SET ended_at = now() WHERE id = '\(session)'")
        // The other instance has not asked for this session in the last seconds.
        #expect(try await prepare(1).code == "SESSION_ENDED")
        await fixture.close()
    }

    @Test func theIdempotencyKey() async throws {
        let fixture = try await PaymentFixture()
        let buyer = try await fixture.ready()
        func confirm(_ key: String, amount: Int64) async throws -> PaymentFixture.Answer {
            try await fixture.call(.post, "/api/payments/confirm", token: buyer.token, headers: [("Idempotency-Key", key)]) {
                $0.member("paymentKey", buyer.paymentKey)
                $0.member("orderId", buyer.orderID)
                $0.member("amount", amount)
            }
        }
        let first = try await confirm("key-1", amount: buyer.amount)
        #expect(first.status == 200)
        #expect(try await confirm("key-1", amount: buyer.amount).bytes == first.bytes)
        let other = try await confirm("key-1", amount: 1)
        #expect(other.status == 409 && other.code == "IDEMPOTENCY_MISMATCH")
        #expect(try await fixture.ledger(buyer)["charges"]?.intValue == 1)
        // An unknown outcome is not kept: the same key hears the end.
        let slow = try await fixture.ready("once-PROVIDER_ERROR")
        func again() async throws -> Int {
            try await fixture.call(.post, "/api/payments/confirm", token: slow.token, headers: [("Idempotency-Key", "key-2")]) {
                $0.member("paymentKey", slow.paymentKey)
                $0.member("orderId", slow.orderID)
                $0.member("amount", slow.amount)
            }.status
        }
        #expect(try await again() == 202)
        try await fixture.eventually(slow, "confirmed")
        #expect(try await again() == 200)
        await fixture.close()
    }
}

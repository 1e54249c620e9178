// Where a payment stands, in one word: asked by ticket, and told to the buyer's own sockets as it changes.
import Testing
import TiketiContracts
import TiketiCore
import TiketiNet
import TiketiStore
import TiketiTesting

@testable import PaymentService

@Suite(.timeLimit(.minutes(5)))
struct ProgressTests {
    /// The states told to `user`, in their order, as soon as there are `count`.
    private func told(_ redis: TestRedis, to user: UUID, until count: Int, _ work: () async throws -> Void) async throws -> [String] {
        let seen = Locked<[String]>([])
        let subscriber = RedisSubscriber(redis.configuration, loop: EventLoopGroup.shared.next()) { channel, payload in
            let text = String(decoding: payload.map { $0 < 128 ? $0 : 46 }, as: UTF8.self)
            guard channel == "socket.io#/#\(user)#", text.contains(LiveEvent.paymentUpdated.rawValue) else { return }
            // The last text of the message is the state.
            let states = PaymentAPI.Progress.allCases.map(\.rawValue)
            if let state = states.first(where: { text.contains("state.\($0)") }) { seen.withLock { $0.append(state) } }
        }
        subscriber.psubscribe("socket.io#/#*")
        #expect(await subscriber.waitUntilSubscribed())
        try await work()
        try await eventually { seen.withLock { $0.count } >= count }
        subscriber.close()
        return seen.withLock { $0 }
    }

    @Test func aPurchaseAndItsRefundAreToldStepByStep() async throws {
        let redis = try await TestRedis()
        let fixture = try await PaymentFixture(reconcile: false, redis: redis)
        var buyer = try fixture.buyer()
        #expect(try await fixture.standing(buyer) == "none")
        let states = try await told(redis, to: buyer.userID, until: 5) {
            buyer.orderID = try #require(try await fixture.prepare(buyer).body["orderId"]?.stringValue)
            #expect(try await fixture.standing(buyer) == "open")
            buyer.paymentKey = try await fixture.key(buyer)
            #expect(try await fixture.confirm(buyer).status == 200)
            #expect(try await fixture.standing(buyer) == "confirmed")
            #expect(try await fixture.refund(buyer).status == 200)
            #expect(try await fixture.standing(buyer) == "refunded")
        }
        #expect(states.prefix(5) == ["open", "confirming", "confirmed", "refunding", "refunded"])
        await fixture.close()
    }

    @Test func anUnknownOutcomeIsSaidAndResolved() async throws {
        let redis = try await TestRedis()
        let fixture = try await PaymentFixture(reconcile: false, redis: redis)
        let buyer = try await fixture.ready("once-PROVIDER_ERROR")
        let states = try await told(redis, to: buyer.userID, until: 4) {
            #expect(try await fixture.confirm(buyer).status == 202)
            #expect(try await fixture.standing(buyer) == "unknown")
            try await fixture.reconcileOnce()
        }
        #expect(states.first == "confirming" && states.contains("unknown") && states.last == "confirmed", "\(states)")
        let declined = try await fixture.ready("REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(declined).status == 402)
        #expect(try await fixture.standing(declined) == "failed")
        #expect(try await fixture.call(.get, "/internal/payments/reservations/\(declined.reservationID)").status == 401)
        await fixture.close()
    }

    /// The process died between a commit and its message: the next one tells it when it begins.
    @Test func aNewProcessTellsWhatTheOldOneDidNot() async throws {
        let redis = try await TestRedis()
        let quiet = try await PaymentFixture(reconcile: false)
        let buyer = try await quiet.ready()
        #expect(try await quiet.confirm(buyer).status == 200)
        let pool = quiet.database.pool(role: "tiketi_payment", group: PaymentFixture.group)
        let client = RedisClient(redis.configuration, group: PaymentFixture.group)
        let announcer = PaymentAnnouncer(redis: client, logger: .init(label: "test"), metrics: MetricsRegistry())
        let states = RecentStates(store: PaymentStore(postgres: pool, driverPatience: .seconds(20)), announcer: announcer)
        let heard = try await told(redis, to: buyer.userID, until: 1) {
            _ = try await PaymentFixture.group.loops[0].run { try await states.tick() }
        }
        #expect(heard == ["confirmed"])
        client.close()
        await pool.close()
        await quiet.close()
    }

    /// Anybody can post a webhook with anything in it.
    @Test func webhooksWithNULAreRefused() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        for field in ["orderId", "paymentKey", "status", "eventType"] {
            let answer = try await fixture.call(.post, "/api/payments/webhook") {
                $0.member("eventType", field == "eventType" ? "a\0b" : "PAYMENT_STATUS_CHANGED")
                $0.object("data") {
                    $0.member("orderId", field == "orderId" ? "a\0b" : "ORDER-none")
                    $0.member("paymentKey", field == "paymentKey" ? "a\0b" : "none")
                    $0.member("status", field == "status" ? "a\0b" : "DONE")
                }
            }
            #expect(answer.status == 400, "\(field)")
        }
        #expect(try await fixture.database.query("SELECT count(*) FROM payment_schema.webhooks")[0].int(0) == 0)
        await fixture.close()
    }
}

// How payments end, counted from the facts that payment publishes: each once, in whatever order, and the same after a rebuild.
import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import StatsService

@Suite struct PaymentOutcomeTests {
    /// One step of a payment's life, in the source and in the feed, with payment's own words.
    private func step(_ stats: StatsFixture, _ id: String, amount: Int = 1000, _ kind: String, _ set: String) async throws {
        try await stats.database.query(
            """
            INSERT INTO payment_schema.payments (id, reservation_id, user_id, order_id, amount)
            VALUES ($1::uuid, gen_random_uuid(), gen_random_uuid(), 'ORDER-' || $1::text, $2::numeric) ON CONFLICT DO NOTHING
            """, [id, String(amount)])
        try await stats.database.query(
            """
            WITH moved AS (UPDATE payment_schema.payments SET \(set) WHERE id = $1::uuid RETURNING *)
            INSERT INTO payment_schema.outbox (kind, payload)
            SELECT $2, jsonb_build_object('paymentId', id, 'amount', amount, 'status', status, 'code', provider_code,
                'confirmedAt', confirmed_at, 'refundedAt', refunded_at) FROM moved
            """, [id, kind])
    }

    private func follow(_ stats: StatsFixture, _ store: PaymentOutcomeStore, limit: Int) async throws {
        try await eventually {
            while let count = try await store.applyNext(limit: limit), count > 0 {}
            // Transactions of other suites on the same server hold the feed back for a moment.
            let behind = try await stats.database.query(
                """
                SELECT last_id < (SELECT coalesce(max(id), 0) FROM payment_schema.outbox) FROM stats_schema.feeds WHERE source = 'payment'
                """)
            return try !behind[0].bool(0)
        }
    }

    @Test(arguments: [1, 1000])
    func everyOutcomeIsCountedOnce(batch: Int) async throws {
        let stats = try await StatsFixture.make()
        let store = PaymentOutcomeStore(pool: stats.runtime.postgres)
        let confirmed = "phase = 'done', status = 'confirmed', confirmed_at = now(), payment_key = 'k', driver = NULL"
        let refunded = "phase = 'done', status = 'cancelled', settlement = 'refund', refunded_at = now()"
        let (kept, returned, late, declined, void, nobody) = (
            UUID().description, UUID().description, UUID().description, UUID().description, UUID().description, UUID().description
        )
        try await step(stats, kept, amount: 700, "payment.confirmed", confirmed)
        try await step(stats, returned, amount: 300, "payment.confirmed", confirmed)
        if batch == 1 { try await follow(stats, store, limit: batch) }
        try await step(stats, returned, amount: 300, "payment.refunded", refunded)
        try await step(
            stats, late, "payment.cancelled", "phase = 'done', status = 'cancelled', settlement = 'late_refund', refunded_at = now()")
        try await step(
            stats, declined, "payment.failed", "phase = 'done', status = 'failed', settlement = 'decline', provider_code = 'FDS_ERROR'")
        try await step(
            stats, void, "payment.failed", "phase = 'done', status = 'failed', settlement = 'void', provider_code = 'AMOUNT_MISMATCH'")
        try await step(stats, void, "payment.cancelled", "refunded_at = now()")
        try await step(stats, nobody, "payment.abandoned", "phase = 'done', status = 'failed', provider_code = 'ABANDONED'")
        try await follow(stats, store, limit: batch)
        func sums() async throws -> [String: [Int?]] {
            let json = try await stats.get("/api/stats/payments").json["payments"]
            return Dictionary(
                uniqueKeysWithValues: PaymentOutcomes.names.map {
                    ($0, [json?[$0]?["payments"]?.intValue, json?[$0]?["amount"]?.intValue])
                })
        }
        let expected: [String: [Int?]] = [
            "confirmed": [1, 700], "refunded": [1, 300], "cancelled": [1, 1000], "failed": [2, 2000], "abandoned": [1, 1000],
        ]
        #expect(try await sums() == expected)
        // The same facts again, and from the source.
        try await stats.database.query("UPDATE stats_schema.feeds SET last_id = 0 WHERE source = 'payment'")
        try await follow(stats, store, limit: batch)
        #expect(try await sums() == expected)
        let rebuilt = try await stats.app.send(.post, "/internal/stats/rebuild", token: CommonConfig.developmentInternalToken)
        #expect(rebuilt.status == 200)
        #expect(try await sums() == expected)
        try await stats.close()
    }
}

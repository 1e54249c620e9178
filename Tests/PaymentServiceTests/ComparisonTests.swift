import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// The daily comparison: what agrees is left alone, what differs is counted, and the reconciler repairs it.
@Suite(.timeLimit(.minutes(5)))
struct ComparisonTests {
    private func today() -> ComparisonStore.Day {
        let now = Timestamp.now()
        return ComparisonStore.Day(name: "2026-01-01", from: now.adding(seconds: -600), to: now.adding(seconds: 600))
    }

    private func compare(_ fixture: PaymentFixture) async throws -> Int? {
        let day = today()
        return try await PaymentFixture.group.next().run { try await fixture.comparison.compare(day) }
    }

    @Test func differencesAreFoundAndRepaired() async throws {
        let fixture = try await PaymentFixture()
        let paid = try await fixture.ready()
        #expect(try await fixture.confirm(paid).status == 200)
        let refunded = try await fixture.ready()
        #expect(try await fixture.confirm(refunded).status == 200)
        #expect(try await fixture.refund(refunded).status == 200)
        try await fixture.eventually(refunded, "cancelled")
        let declined = try await fixture.ready("REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(declined).status == 402)
        try await fixture.eventually(declined, "failed")
        let open = try await fixture.ready()
        #expect(try await compare(fixture) == 0)

        // Cancelled at Toss, and no webhook came.
        try await fixture.cancelAtToss(paid)
        // Closed as unpaid, and charged after all.
        let late = try await fixture.ready("once-REJECT_CARD_COMPANY")
        #expect(try await fixture.confirm(late).status == 402)
        try await fixture.eventually(late, "failed")
        try await fixture.charge(late, idempotencyKey: "behind our back")
        #expect(try await compare(fixture) == 2)
        try await fixture.eventually(paid, "cancelled")
        #expect(fixture.ticket[paid.reservationID]?.paymentStatus == "refunded")
        try await fixture.until("the money to go back") {
            try await fixture.hurry()
            return try await fixture.ledger(late)["status"]?.stringValue == "CANCELED"
        }
        #expect(try await fixture.ledger(late)["refundedAmount"]?.int64Value == 70_000)
        try await fixture.eventually(late, "failed")
        #expect(try await compare(fixture) == 0)
        #expect(try await fixture.row(open).phase == "created")
        await fixture.close()
    }

    /// A service that was away for days makes up for them, oldest first, each once.
    @Test func daysThatWereMissedAreMadeUpFor() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        _ = try await fixture.ready()
        try await fixture.database.query("UPDATE payment_schema.payments SET created_at = now() - interval '3 days'")
        let pool = fixture.database.pool(role: "tiketi_payment", group: PaymentFixture.group)
        let store = ComparisonStore(postgres: pool)
        let names = try await PaymentFixture.group.next().run {
            var names: [String] = []
            while let day = try await store.claim() {
                names.append(day.name)
                try await store.finish(day, lines: 0, differences: 0)
            }
            return names
        }
        // In the first hour of the day yesterday is not complete yet.
        #expect(names == names.sorted() && Set(names).count == names.count && (2...3).contains(names.count), "\(names)")
        await pool.close()
        await fixture.close()
    }

    /// Another amount than ours is a difference even when both sides say that it was paid.
    @Test func amountsAreCompared() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await compare(fixture) == 0)
        try await fixture.database.query("UPDATE payment_schema.payments SET amount = 69999")
        #expect(try await compare(fixture) == 1)
        try await fixture.reconcileOnce()
        #expect(try await fixture.row(buyer).alarm == "Toss shows DONE")
        await fixture.close()
    }

    @Test func aDayIsComparedOnce() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        let store = ComparisonStore(postgres: fixture.database.pool(role: "tiketi_payment", group: PaymentFixture.group))
        let claims = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask { try await PaymentFixture.group.next().run { try await store.claim() != nil } }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // None in the first hour of the day in Seoul.
        #expect(claims <= 1)
        await store.postgres.close()
        await fixture.close()
    }
}

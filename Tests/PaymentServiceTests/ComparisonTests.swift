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

    private func compare(_ bed: Bed) async throws -> Int? {
        let day = today()
        return try await Bed.group.next().run { try await bed.comparison.compare(day) }
    }

    @Test func differencesAreFoundAndRepaired() async throws {
        let bed = try await Bed()
        let paid = try await bed.ready()
        #expect(try await bed.confirm(paid).status == 200)
        let refunded = try await bed.ready()
        #expect(try await bed.confirm(refunded).status == 200)
        #expect(try await bed.refund(refunded).status == 200)
        try await bed.eventually(refunded, "cancelled")
        let declined = try await bed.ready("REJECT_CARD_COMPANY")
        #expect(try await bed.confirm(declined).status == 402)
        try await bed.eventually(declined, "failed")
        let open = try await bed.ready()
        #expect(try await compare(bed) == 0)

        // Cancelled at Toss, and no webhook came.
        try await bed.cancelAtToss(paid)
        // Closed as unpaid, and charged after all.
        let late = try await bed.ready("once-REJECT_CARD_COMPANY")
        #expect(try await bed.confirm(late).status == 402)
        try await bed.eventually(late, "failed")
        try await bed.charge(late, idempotencyKey: "behind our back")
        #expect(try await compare(bed) == 2)
        try await bed.eventually(paid, "cancelled")
        #expect(bed.ticket[paid.reservationID]?.paymentStatus == "refunded")
        for _ in 0..<200 {
            if try await bed.ledger(late)["status"]?.stringValue == "CANCELED" { break }
            try await bed.hurry()
            try await Bed.pause()
        }
        #expect(try await bed.ledger(late)["refundedAmount"]?.int64Value == 70_000)
        try await bed.eventually(late, "failed")
        #expect(try await compare(bed) == 0)
        #expect(try await bed.row(open).phase == "created")
        await bed.close()
    }

    /// A service that was away for days makes up for them, oldest first, each once.
    @Test func daysThatWereMissedAreMadeUpFor() async throws {
        let bed = try await Bed(reconcile: false)
        _ = try await bed.ready()
        try await bed.database.query("UPDATE payment_schema.payments SET created_at = now() - interval '3 days'")
        let pool = bed.database.pool(role: "tiketi_payment", group: Bed.group)
        let store = ComparisonStore(postgres: pool)
        let names = try await Bed.group.next().run {
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
        await bed.close()
    }

    /// Another amount than ours is a difference even when both sides say that it was paid.
    @Test func amountsAreCompared() async throws {
        let bed = try await Bed(reconcile: false)
        let buyer = try await bed.ready()
        #expect(try await bed.confirm(buyer).status == 200)
        #expect(try await compare(bed) == 0)
        try await bed.database.query("UPDATE payment_schema.payments SET amount = 69999")
        #expect(try await compare(bed) == 1)
        try await bed.reconcileOnce()
        #expect(try await bed.row(buyer).alarm == "Toss shows DONE")
        await bed.close()
    }

    @Test func aDayIsComparedOnce() async throws {
        let bed = try await Bed(reconcile: false)
        let store = ComparisonStore(postgres: bed.database.pool(role: "tiketi_payment", group: Bed.group))
        let claims = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask { try await Bed.group.next().run { try await store.claim() != nil } }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // None in the first hour of the day in Seoul.
        #expect(claims <= 1)
        await store.postgres.close()
        await bed.close()
    }
}

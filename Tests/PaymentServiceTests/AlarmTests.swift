import Glibc
import Testing
import TiketiCore

@testable import PaymentService

/// Every alarm has a row in docs/operations.md that says what to do, and every number of the service is counted where it says.
struct AlarmTests {
    private static let operations: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        guard let file = fopen(parts.joined(separator: "/") + "/docs/operations.md", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }()

    @Test func everyAlarmIsExplained() {
        for reason in PaymentMetrics.alarmReasons {
            #expect(Self.operations.contains("{reason=\"\(reason)\"}"), "\(reason)")
        }
        let registry = MetricsRegistry()
        _ = PaymentMetrics(registry)
        let names = String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("# TYPE tiketi_") }
            .compactMap { $0.split(separator: " ").dropFirst(2).first }
        #expect(names.count >= 7)
        for name in names { #expect(Self.operations.contains(name), "\(name)") }
    }

    /// One of each outcome: bought, declined, taken back, given back, answered too early, abandoned.
    @Test func everyOutcomeIsCounted() async throws {
        let fixture = try await PaymentFixture(reconcile: false)
        func counted(_ status: String) -> Int { fixture.metric("tiketi_payments_processed_total{status=\"\(status)\"}") ?? -1 }
        func counts() -> [Int] { ["confirmed", "failed", "cancelled", "pending"].map(counted) }
        #expect(counts() == [0, 0, 0, 0])
        let bought = try await fixture.ready()
        #expect(try await fixture.confirm(bought).status == 200)
        #expect(try await fixture.confirm(bought).status == 200)
        #expect(counts() == [1, 0, 0, 0])
        #expect(try await fixture.confirm(try await fixture.ready("REJECT_CARD_COMPANY")).status == 402)
        #expect(counts() == [1, 1, 0, 0])
        #expect(try await fixture.confirm(try await fixture.ready("short-100")).status == 402)
        #expect(counts() == [1, 2, 0, 0])
        #expect(try await fixture.refund(bought).status == 200)
        try await fixture.until("the refund to be told") { counts() == [1, 2, 1, 0] }
        let unknown = try await fixture.ready("once-PROVIDER_ERROR")
        #expect(try await fixture.confirm(unknown).status == 202)
        #expect(counts() == [1, 2, 1, 1])
        try await fixture.reconcileOnce()
        #expect(counts() == [2, 2, 1, 1])
        let late = try await fixture.ready()
        fixture.ticket.change(late.reservationID) { $0.endsBeforeConfirm = true }
        #expect(try await fixture.confirm(late).status == 409)
        #expect(counts() == [2, 2, 2, 1])
        let expired = try await fixture.ready()
        fixture.ticket.change(expired.reservationID) { $0.expiresAt = $0.expiresAt.adding(seconds: -1000) }
        #expect(try await fixture.confirm(expired).status == 409)
        #expect(counts() == [2, 3, 2, 1])
        await fixture.close()
    }
}

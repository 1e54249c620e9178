import Testing
import TiketiCore
import TiketiNet
import TiketiTesting

@testable import PaymentService

/// The line to Toss: whoever cannot prove to be Toss is told nothing, gets no money, and costs nobody the seats.
@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    private static let authority = Once<TestCertificates>()
    /// One that signed nothing here. Kept, because its files go with it.
    private static let stranger = Once<TestCertificates>()

    private func authority() async throws -> TestCertificates { try await Self.authority.value { try await TestCertificates() } }

    @Test func aPurchaseOverTLS() async throws {
        let authority = try await authority()
        let identity = try await authority.identity("toss", names: ["IP:127.0.0.1"])
        let fixture = try await PaymentFixture(secure: PaymentFixture.Secure(identity: identity, caFile: authority.caFile))
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 200)
        #expect(try await fixture.refund(buyer).status == 200)
        #expect(try await fixture.ledger(buyer)["status"]?.stringValue == "CANCELED")
        #expect(fixture.trustedConnections > 0)
        await fixture.close()
    }

    enum Impostor: String, CaseIterable, Sendable {
        case wrongHost, expired, unknownAuthority, systemTrustOnly
    }

    @Test(arguments: Impostor.allCases)
    func anImpostorIsToldNothing(_ impostor: Impostor) async throws {
        let authority = try await authority()
        let secure: PaymentFixture.Secure
        let reason: String
        switch impostor {
        case .wrongHost:
            let identity = try await authority.identity("other", names: ["DNS:api.example.com", "IP:127.0.0.2"])
            secure = PaymentFixture.Secure(identity: identity, caFile: authority.caFile)
            reason = "mismatch"
        case .expired:
            let identity = try await authority.identity("expired", names: ["IP:127.0.0.1"], days: -1)
            secure = PaymentFixture.Secure(identity: identity, caFile: authority.caFile)
            reason = "expired"
        case .unknownAuthority:
            let identity = try await authority.identity("stranger", names: ["IP:127.0.0.1"])
            secure = PaymentFixture.Secure(
                identity: identity, caFile: try await Self.stranger.value { try await TestCertificates() }.caFile)
            reason = "certificate"
        case .systemTrustOnly:
            secure = PaymentFixture.Secure(identity: try await authority.identity("untrusted", names: ["IP:127.0.0.1"]), caFile: nil)
            reason = "certificate"
        }
        let fixture = try await PaymentFixture(reconcile: false, secure: secure)
        let buyer = try await fixture.ready()
        #expect(try await fixture.confirm(buyer).status == 202)
        #expect(try await fixture.row(buyer) == PaymentFixture.Row(status: "pending", phase: "confirming", calls: 1))
        let ledger = try await fixture.ledger(buyer)
        #expect(ledger["confirmCalls"]?.intValue == 0 && ledger["charges"]?.intValue == 0)
        // Not one byte of a request, so not the secret key either.
        #expect(fixture.trustedConnections == 0)
        #expect(fixture.ticket[buyer.reservationID]?.status == "pending")
        let parked = try await fixture.database.query("SELECT detail::text FROM payment_schema.history WHERE step = 'park'")
        let story = try parked.map { try $0.string(0) }
        #expect(story.first?.contains(reason) == true, "\(impostor): \(story)")
        await fixture.close()
    }
}

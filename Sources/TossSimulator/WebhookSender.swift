// Webhooks as Toss sends them.
import TiketiCore
import TiketiJSON
import TiketiNet

/// Sends `PAYMENT_STATUS_CHANGED` as Toss does: unsigned, repeated until answered 200, with one transmission id for all repetitions. The
/// pauses are seconds where Toss's are minutes.
final class WebhookSender: Sendable {
    private let http: HTTPClient
    private let target: ServiceURL?
    private static let pauses = [1, 4, 16, 64]

    init(http: HTTPClient, target: ServiceURL?) {
        self.http = http
        self.target = target
    }

    /// As often and as late as the payment's behaviour says, or `times`.
    func tell(_ payment: SimulatedPayment, times: Int? = nil) {
        guard let target, let loop = EventLoop.current else { return }
        let transmission = UUID().description
        for _ in 0..<(times ?? payment.behaviour.webhooks) {
            _ = loop.spawn { [self] in
                try? await loop.sleep(nanoseconds: UInt64(payment.behaviour.webhookDelay) * 1_000_000)
                await send(payment, to: target, transmission: transmission, loop: loop)
            }
        }
    }

    private func send(_ payment: SimulatedPayment, to target: ServiceURL, transmission: String, loop: EventLoop) async {
        var body = JSONWriter(capacity: 1024)
        body.object {
            $0.member("eventType", "PAYMENT_STATUS_CHANGED")
            $0.member("createdAt", SimulatedPayment.korean(.now()))
            $0.key("data")
            payment.write(to: &$0)
        }
        let bytes = body.finish()
        for attempt in 0...Self.pauses.count {
            let headers: HTTPHeaders = [
                "Content-Type": "application/json", "tosspayments-webhook-transmission-id": transmission,
                "tosspayments-webhook-transmission-time": SimulatedPayment.korean(.now()),
                "tosspayments-webhook-transmission-retried-count": String(attempt),
            ]
            let request = HTTPClientRequest(
                method: .post, url: target.parts(target: ""), headers: headers, body: .bytes(bytes), totalTimeout: 10_000_000_000)
            if let response = try? await http.execute(request) {
                _ = try? await response.body.collect(upTo: 1 << 20)
                if response.status.code == 200 { return }
            }
            guard attempt < Self.pauses.count else { return }
            try? await loop.sleep(nanoseconds: UInt64(Self.pauses[attempt]) * 1_000_000_000)
        }
    }
}

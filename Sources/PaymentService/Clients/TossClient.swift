// The HTTP API of TossPayments as far as payments need it, with one kind of answer for whatever comes back.
import TiketiCore
import TiketiJSON
import TiketiNet

/// The calls to TossPayments. Every call ends in a `TossAnswer`; none throws, because no failure here may be mistaken for a refusal.
final class TossClient: Sendable {
    private let http: HTTPClient
    private let base: ServiceURL
    private let authorization: String
    private let connectTimeout: Duration
    private let timeout: Duration
    /// A question charges nobody and is asked again: worth less patience than a charge.
    private let questionTimeout: Duration

    init(http: HTTPClient, config: PaymentConfig) {
        self.http = http
        base = config.tossURL
        // The colon after the key belongs to it: user "key", empty password (RFC 7617).
        authorization = "Basic " + Base64.encode(Array("\(config.tossSecretKey):".utf8))
        connectTimeout = config.tossConnectTimeout
        timeout = config.tossTimeout
        questionTimeout = min(timeout, .seconds(10))
    }

    /// Asks for the money. The same order id is the same request to Toss, however often it is sent.
    func confirm(paymentKey: String, orderID: String, amount: Int64, idempotencyKey: String) async -> TossAnswer {
        var body = JSONWriter()
        body.object {
            $0.member("paymentKey", paymentKey)
            $0.member("orderId", orderID)
            $0.member("amount", amount)
        }
        return await call(.post, "/v1/payments/confirm", body: body.finish(), idempotencyKey: idempotencyKey)
    }

    func payment(orderID: String) async -> TossAnswer {
        await call(.get, "/v1/payments/orders/\(Self.escape(orderID))")
    }

    func payment(key: String) async -> TossAnswer {
        await call(.get, "/v1/payments/\(Self.escape(key))")
    }

    /// Gives everything back. `refundable` is the guard: Toss refuses when somebody has refunded a part meanwhile.
    func cancel(paymentKey: String, reason: String, refundable: Int64, idempotencyKey: String) async -> TossAnswer {
        var body = JSONWriter()
        body.object {
            $0.member("cancelReason", reason.isEmpty ? "Refund" : String(reason.prefix(200)))
            $0.member("refundableAmount", refundable)
        }
        return await call(.post, "/v1/payments/\(Self.escape(paymentKey))/cancel", body: body.finish(), idempotencyKey: idempotencyKey)
    }

    /// One page of the lines between two times; nil when there is no answer that can be believed.
    func transactions(from: Timestamp, to: Timestamp, after: String?, limit: Int) async -> [TossTransaction]? {
        let start = after.map { "&startingAfter=\(Self.escape($0))" } ?? ""
        let path = "/v1/transactions?startDate=\(Self.seoul(from))&endDate=\(Self.seoul(to))&limit=\(limit)\(start)"
        guard let (status, bytes) = try? await send(.get, path, patience: timeout), status == 200,
            let lines = (try? JSONValue.parse(bytes))?.arrayValue
        else {
            return nil
        }
        let read = lines.compactMap { line -> TossTransaction? in
            guard let key = line["transactionKey"]?.stringValue, let order = line["orderId"]?.stringValue,
                let status = line["status"]?.stringValue, let amount = line["amount"]?.int64Value
            else { return nil }
            return TossTransaction(key: key, orderID: order, status: status, amount: amount)
        }
        return read.count == lines.count ? read : nil
    }

    /// Toss takes local times without a zone: `2022-01-01T00:00:00`.
    private static func seoul(_ time: Timestamp) -> String {
        String(Timestamp(seconds: time.seconds).adding(seconds: 9 * 3600).rfc3339.dropLast())
    }

    private func call(_ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, idempotencyKey: String? = nil) async -> TossAnswer {
        do {
            let patience = method == .get ? questionTimeout : timeout
            let (status, bytes) = try await send(method, path, body: body, idempotencyKey: idempotencyKey, patience: patience)
            return TossAnswer.read(status: status, body: bytes)
        } catch {
            return .unreachable("\(error)")
        }
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, idempotencyKey: String? = nil, patience: Duration
    ) async throws -> (status: Int, body: [UInt8]) {
        var headers = HTTPHeaders()
        headers["Authorization"] = authorization
        headers["Accept"] = "application/json"
        if body != nil { headers["Content-Type"] = "application/json" }
        if let idempotencyKey { headers["Idempotency-Key"] = idempotencyKey }
        let request = HTTPClientRequest(
            method: method, url: base.parts(target: path), headers: headers, body: body.map { .bytes($0) } ?? .none,
            connectTimeout: connectTimeout.nanoseconds, responseTimeout: patience.nanoseconds,
            totalTimeout: (patience + connectTimeout).nanoseconds,
            // Repeating is ours to decide: the saga asks before it calls again.
            idempotent: method == .get)
        let response = try await http.execute(request)
        return (response.status.code, try await response.body.collect(upTo: 8 << 20))
    }

    /// Percent-encodes everything that is not unreserved (RFC 3986 §2.3): a payment key comes from a browser.
    static func escape(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                out.append(byte)
            case UInt8(ascii: ".") where text != "." && text != "..":
                out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                let digits = Array("0123456789ABCDEF".utf8)
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}

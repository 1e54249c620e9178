// The API of TossPayments as far as this product uses it: confirm, query by key and by order, cancel, transactions.
import TiketiCore
import TiketiJSON
import TiketiNet

/// The API of TossPayments as far as this product uses it: confirm, query by key and by order, cancel, transactions.
struct TossRoutes {
    let bank: Bank
    let webhooks: WebhookSender
    /// nil accepts every test key.
    let secretKey: String?

    private struct Cut: Error {}

    func install(on router: some RouterMethods) {
        router.post("/v1/payments/confirm") { context in
            await answered(context) { body in
                guard let key = body["paymentKey"]?.stringValue, let order = body["orderId"]?.stringValue,
                    let amount = body["amount"]?.int64Value, (6...64).contains(order.utf8.count)
                else { return Bank.Reply(outcome: .error(TossError("INVALID_REQUEST", "잘못된 요청입니다."))) }
                await Self.pause(bank.begin(paymentKey: key, orderID: order, amount: amount))
                return bank.confirm(paymentKey: key, orderID: order, amount: amount)
            }
        }
        router.post("/v1/payments/:paymentKey/cancel") { context in
            let key = context.parameter("paymentKey")
            return await answered(context) { body in
                guard let reason = body["cancelReason"]?.stringValue, (1...200).contains(reason.count) else {
                    return Bank.Reply(outcome: .error(TossError("INVALID_REQUEST", "잘못된 요청입니다.")))
                }
                await Self.pause(bank.cancelDelay(key))
                let request = Bank.CancelRequest(
                    reason: reason, amount: body["cancelAmount"]?.int64Value, refundable: body["refundableAmount"]?.int64Value)
                return bank.cancel(key, request, now: context.loop.now)
            }
        }
        router.get("/v1/payments/:paymentKey") { context in
            if let refusal = refusal(context) { return refusal }
            return Self.found(bank.payment(key: context.parameter("paymentKey")))
        }
        router.get("/v1/payments/orders/:orderId") { context in
            if let refusal = refusal(context) { return refusal }
            return Self.found(bank.payment(orderID: context.parameter("orderId")))
        }
        router.get("/v1/transactions") { context in
            if let refusal = refusal(context) { return refusal }
            return transactions(context)
        }
    }

    // MARK: POST

    /// Authentication, Idempotency-Key, the act, its pause, its webhook, its answer.
    private func answered(_ context: RequestContext, _ act: (JSONValue) async -> Bank.Reply) async -> HTTPResponse {
        if let refusal = refusal(context) { return refusal }
        // Toss's own aid for tests: the answer named in the header.
        if let code = context.request.headers["TossPayments-Test-Code"] { return Self.error(TossError(code)) }
        guard let bytes = try? await context.body(), let body = try? JSONValue.parse(bytes) else {
            return Self.error(TossError("INVALID_REQUEST", "잘못된 요청입니다."))
        }
        var memoryKey: String?
        if let key = context.request.headers["Idempotency-Key"] {
            guard (1...300).contains(key.utf8.count) else { return Self.error(TossError("INVALID_IDEMPOTENCY_KEY", "멱등키는 300자 이하입니다.")) }
            // The scope is key, API key, method and URL; the body does not count.
            let scope = "\(context.request.headers["Authorization"] ?? "") \(context.method) \(context.request.path) \(key)"
            switch bank.recall(scope) {
            case .new: memoryKey = scope
            case .running:
                return Self.error(TossError("IDEMPOTENT_REQUEST_PROCESSING", "이전 멱등 요청이 처리중입니다."))
            case .answered(let status, let body): return .json(HTTPStatus(status), bytes: body)
            }
        }
        let reply = await act(body)
        if let payment = reply.changed { webhooks.tell(payment) }
        let response = Self.response(reply.outcome)
        await Self.pause(reply.delay)
        if let memoryKey { remember(memoryKey, reply) }
        return response
    }

    /// What was done is remembered even when its answer was lost; passing trouble is not.
    private func remember(_ key: String, _ reply: Bank.Reply) {
        switch reply.outcome {
        case .payment(let payment): bank.remember(key, status: 200, body: Self.body(payment))
        case .error(let error) where !error.isPassing || reply.isRemembered:
            bank.remember(key, status: error.status, body: Self.body(error))
        case .error, .babble, .cut:
            if let payment = reply.changed, reply.outcome.isLost {
                bank.remember(key, status: 200, body: Self.body(payment))
            } else {
                bank.remember(key, status: 0, body: nil)
            }
        }
    }

    private static func response(_ outcome: Bank.Outcome) -> HTTPResponse {
        switch outcome {
        case .payment(let payment): return .json(bytes: body(payment))
        case .error(let error): return Self.error(error)
        case .babble:
            return HTTPResponse(headers: ["Content-Type": "text/html"], body: .bytes(Array("<html>Welcome</html>".utf8)))
        case .cut:
            // A head that promises a body, and then nothing: to the client a connection lost before the answer.
            return HTTPResponse(headers: ["Content-Type": "application/json"], body: .stream(length: 4096) { _ in throw Cut() })
        }
    }

    private static func pause(_ milliseconds: Int) async {
        guard milliseconds > 0 else { return }
        try? await EventLoop.current?.sleep(nanoseconds: UInt64(milliseconds) * 1_000_000)
    }

    // MARK: GET

    private static func found(_ payment: SimulatedPayment?) -> HTTPResponse {
        guard let payment else { return error(TossError("NOT_FOUND_PAYMENT", "존재하지 않는 결제 정보 입니다.")) }
        return .json(bytes: body(payment))
    }

    private func transactions(_ context: RequestContext) -> HTTPResponse {
        let query = context.query
        // Toss takes local times: `2022-01-01T00:00:00`.
        guard let from = query["startDate"].flatMap(Self.time), let to = query["endDate"].flatMap(Self.time),
            case let limit = query["limit"].flatMap({ Int($0) }) ?? 100, (1...10_000).contains(limit)
        else { return Self.error(TossError("INVALID_REQUEST", "잘못된 요청입니다.")) }
        let found = bank.transactions(from: from, to: to, after: query["startingAfter"], limit: limit)
        return .json { json in
            json.array(found) { json, line in
                json.object {
                    $0.member("mId", "tosspayments")
                    $0.member("transactionKey", line.key)
                    $0.member("paymentKey", line.payment)
                    $0.member("orderId", line.orderID)
                    $0.member("method", line.method)
                    $0.member("customerKey", String?.none)
                    $0.member("useEscrow", false)
                    $0.member("receiptUrl", String?.none)
                    $0.member("status", line.status)
                    $0.member("transactionAt", SimulatedPayment.korean(line.at))
                    $0.member("currency", "KRW")
                    $0.member("amount", line.amount)
                }
            }
        }
    }

    private static func time(_ text: String) -> Timestamp? {
        let isZoned = text.hasSuffix("Z") || text.dropFirst(10).contains("+")
        return Timestamp(rfc3339: isZoned ? text : (text.count == 10 ? text + "T00:00:00" : text) + "+09:00")
    }

    // MARK: Who asks

    private func refusal(_ context: RequestContext) -> HTTPResponse? {
        guard bank.admit() else { return HTTPResponse(status: .serviceUnavailable, body: .bytes(Array("away".utf8))) }
        guard let header = context.request.headers["Authorization"], header.lowercased().hasPrefix("basic "),
            let decoded = Base64.decode(String(header.dropFirst(6)))
        else { return Self.error(TossError("UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다.")) }
        let credentials = String(decoding: decoded, as: UTF8.self)
        guard credentials.hasSuffix(":") else {
            return Self.error(TossError("INCORRECT_BASIC_AUTH_FORMAT", "잘못된 요청입니다. ':' 를 포함해 인코딩해주세요."))
        }
        let key = String(credentials.dropLast())
        guard secretKey.map({ $0 == key }) ?? key.hasPrefix("test_") else {
            return Self.error(TossError("UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다."))
        }
        return nil
    }

    // MARK: Bodies

    private static func error(_ error: TossError) -> HTTPResponse { .json(HTTPStatus(error.status), bytes: body(error)) }

    private static func body(_ payment: SimulatedPayment) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        payment.write(to: &writer)
        return writer.finish()
    }

    private static func body(_ error: TossError) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object {
            $0.member("code", error.code)
            $0.member("message", error.message)
        }
        return writer.finish()
    }
}

extension Bank.Outcome {
    /// The act may be done although its answer never arrived.
    var isLost: Bool {
        switch self {
        case .cut, .babble: true
        case .payment, .error: false
        }
    }
}

// The simulator's own routes: the payment window, the ledger, and the switches for tests.
import TiketiCore
import TiketiJSON
import TiketiNet

/// The simulator's own routes: the payment window, the ledger, and the switches for tests.
struct SimulatorRoutes {
    let bank: Bank
    let webhooks: WebhookSender

    func install(on router: some RouterMethods) {
        router.post("/simulator/payments") { context in
            var fields = try await context.fields()
            let order = fields.string("orderId", min: 6, max: 64)
            let amount = fields.won("amount")
            let behaviour = fields.optionalString("behaviour", max: 120)
            let method = fields.optionalString("method", max: 20)
            try fields.finish()
            guard let payment = bank.authenticate(orderID: order, amount: amount, behaviour: behaviour, method: method) else {
                throw APIError.validation("behaviour", "has a word that docs/toss-simulator.md does not list")
            }
            return .success(.created) {
                $0.member("paymentKey", payment.paymentKey)
                $0.member("orderId", payment.orderID)
                $0.member("amount", payment.amount)
            }
        }
        router.get("/simulator/ledger") { context in
            let order = context.query["orderId"]
            let payments = bank.all.filter { order == nil || $0.orderID == order }.sorted { $0.requestedAt < $1.requestedAt }
            return .success(capacity: 256 + payments.count * 256) { json in
                json.array("payments", payments) { json, payment in json.object { Self.write(payment, to: &$0) } }
                json.object("totals") {
                    $0.member("requests", bank.requests)
                    $0.member("payments", payments.count)
                    $0.member("charged", payments.reduce(0) { $0 + $1.charged * Int64($1.charges) })
                    $0.member("refunded", payments.reduce(0) { $0 + $1.cancels.reduce(0) { $0 + $1.amount } })
                    $0.member("done", payments.filter { $0.status == .done }.count)
                }
            }
        }
        router.put("/simulator/behaviour") { context in
            var fields = try await context.fields()
            let text = fields.string("behaviour", min: 0, max: 120)
            let key = fields.optionalString("paymentKey", max: 200)
            try fields.finish()
            guard let behaviour = Behaviour(text) else {
                throw APIError.validation("behaviour", "has a word that docs/toss-simulator.md does not list")
            }
            guard bank.change(behaviour: behaviour, of: key) else { throw APIError.notFound }
            return .success { _ in }
        }
        router.put("/simulator/outage") { context in
            var fields = try await context.fields()
            let isAway = fields.bool("on")
            try fields.finish()
            bank.setAway(isAway)
            return .success { _ in }
        }
        router.post("/simulator/webhooks") { context in
            var fields = try await context.fields()
            let key = fields.string("paymentKey", max: 200)
            let times = fields.optionalInt("times", in: 1...100) ?? 1
            try fields.finish()
            guard let payment = bank.payment(key: key) else { throw APIError.notFound }
            webhooks.tell(payment, times: times)
            return .success(.accepted) { _ in }
        }
        for path in ["/simulator/payments", "/simulator/ledger", "/simulator/behaviour", "/simulator/webhooks"] {
            router.on(.options, path) { _ in HTTPResponse(status: .noContent) }
        }
    }

    private static func write(_ payment: SimulatedPayment, to json: inout JSONWriter) {
        json.member("paymentKey", payment.paymentKey)
        json.member("orderId", payment.orderID)
        json.member("amount", payment.amount)
        json.member("status", payment.status.rawValue)
        json.member("charges", payment.charges)
        json.member("chargedAmount", payment.charged * Int64(payment.charges))
        json.member("refundedAmount", payment.cancels.reduce(0) { $0 + $1.amount })
        json.member("balanceAmount", payment.charges > 0 ? payment.balance : 0)
        json.member("confirmCalls", payment.confirmCalls)
        json.member("cancelCalls", payment.cancelCalls)
    }
}

/// The payment page of the web app is another origin and may talk to the simulator from the browser.
struct OpenOrigin: Middleware {
    func handle(_ context: RequestContext, next: (RequestContext) async throws -> HTTPResponse) async throws -> HTTPResponse {
        var response = try await next(context)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type"
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, OPTIONS"
        return response
    }
}

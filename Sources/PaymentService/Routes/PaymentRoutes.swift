// What buyers ask of payment, and the webhooks of Toss: `/api/payments/*`.
import TiketiCore
import TiketiNet

/// The public routes: `/api/payments/*`.
struct PaymentRoutes: Sendable {
    let payments: Payments
    let ticket: TicketClient
    let webhooks: Webhooks
    let sessions: SessionCheck
    let idempotency: Idempotency

    func install(on router: some RouterMethods) {
        // In this order: an answer is repeated only to who may ask for it.
        let live = RouteOptions(middleware: [LiveSession(sessions), idempotency])
        router.post("/api/payments/prepare", live) { context in
            let caller = try context.requirePrincipal()
            var fields = try await context.fields()
            let reservationID = fields.uuid("reservationId")
            let amount = fields.won("amount", in: 0...99_999_999)
            try fields.finish()
            let reservation = try await ticket.reservation(reservationID, context: context)
            let payment = try await payments.prepare(reservation, userID: caller.userID, amount: amount)
            return .success {
                $0.member("orderId", payment.orderID)
                $0.member("amount", payment.amount)
            }
        }
        router.post("/api/payments/confirm", live) { context in
            let caller = try context.requirePrincipal()
            var fields = try await context.fields()
            let orderID = fields.string("orderId", min: 6, max: 64)
            let amount = fields.won("amount", in: 0...99_999_999)
            // What costs nothing has no payment window, and so no key.
            if amount == 0, fields.has("amount"), fields.value("paymentKey") != nil {
                fields.fail("paymentKey", "must be absent for 0 won")
            }
            let paymentKey = amount == 0 ? nil : fields.string("paymentKey", min: 1, max: 200)
            try fields.finish()
            return try await payments.confirm(
                paymentKey: paymentKey, orderID: orderID, amount: amount, userID: caller.userID
            ).response()
        }
        // The caller's own, newest first; `my` reads like the reservations' list.
        for path in ["/api/payments", "/api/payments/my"] { router.get(path) { try await mine($0) } }
        router.get("/api/payments/:id") { context in
            let caller = try context.requirePrincipal()
            let payment = try await payments.payment(try context.uuidParameter("id"), userID: caller.userID)
            return .success { $0.object("payment") { $0.payment(payment) } }
        }
        router.post("/api/payments/webhook") { context in
            let body = try await context.json()
            try await webhooks.receive(body, transmissionID: context.request.headers["tosspayments-webhook-transmission-id"])
            return .success { _ in }
        }
    }

    private func mine(_ context: RequestContext) async throws -> HTTPResponse {
        let caller = try context.requirePrincipal()
        let page = try Page.read(from: context.query, default: 20, max: 100)
        let (found, total) = try await payments.payments(of: caller.userID, limit: page.limit, offset: page.offset)
        return .success { json in
            json.array("payments", found) { json, payment in json.object { $0.payment(payment) } }
            json.pagination(page, total: total)
        }
    }
}

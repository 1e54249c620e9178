import TiketiCore
import TiketiJSON
import TiketiNet

/// What other services ask of payment: refunds, and for administrators all payments and the whole story of one.
struct InternalRoutes {
    let refunds: Refunds
    let store: PaymentStore

    func add(to group: RouteGroup) {
        group.on(.post, "/payments/refund") { try await refund($0) }
        group.on(.get, "/payments") { try await list($0) }
        group.on(.get, "/payments/:id") { try await one($0) }
    }

    /// `wait: false` only puts the refund on the books; thousands of a cancelled event are then paid back at the queue's pace.
    private func refund(_ context: RequestContext) async throws -> HTTPResponse {
        var fields = try await context.fields()
        let reservationID = fields.uuid("reservationId")
        let reason = fields.optionalString("reason", max: 200) ?? "Refund"
        let waits = fields.optionalBool("wait") ?? true
        try fields.finish()
        switch try await refunds.refund(reservationID: reservationID, reason: reason, waits: waits) {
        case .refunded(let payment): return Self.answer(.ok, payment)
        case .refunding(let payment): return Self.answer(.accepted, payment, refunding: true)
        case .unsettled(let payment): return Self.answer(.accepted, payment, refunding: false)
        }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query, default: 20, max: 100)
        var filter = PaymentStore.Filter()
        filter.status = try query.choice("status", as: PaymentStatus.self)
        filter.phase = try query.choice("phase", as: PaymentPhase.self)
        filter.userID = try query.uuid("userId")
        filter.reservationID = try query.uuid("reservationId")
        filter.orderID = try query.string("orderId", max: 64)
        filter.isAlarmed = try query.bool("alarmed") ?? false
        let (found, total) = try await store.payments(filter, limit: page.limit, offset: page.offset)
        return .success(capacity: 256 + found.count * 800) { json in
            json.array("payments", found) { json, payment in json.object { Self.write(payment, to: &$0) } }
            json.pagination(page, total: total)
        }
    }

    /// One payment with every step it ever took.
    private func one(_ context: RequestContext) async throws -> HTTPResponse {
        let id = try context.uuidParameter("id")
        guard let payment = try await store.payment(id: id) else { throw PaymentError.notFound }
        let history = try await store.history(of: id)
        return .success { json in
            json.object("payment") { Self.write(payment, to: &$0) }
            json.array("history", history) { json, line in
                json.object {
                    $0.member("step", line.step)
                    $0.member("at", line.at)
                    $0.member("detail", raw: line.detail.map { Array($0.utf8) })
                }
            }
        }
    }

    private static func answer(_ status: HTTPStatus, _ payment: Payment, refunding: Bool? = nil) -> HTTPResponse {
        .success(status) { json in
            json.object("payment") { $0.payment(payment) }
            if let refunding { json.member("refunding", refunding) }
        }
    }

    /// Everything an operator needs; never the payment key, which is as good as a receipt.
    private static func write(_ payment: Payment, to json: inout JSONWriter) {
        json.payment(payment)
        json.member("userId", payment.userID)
        json.member("phase", payment.phase)
        json.member("settlement", payment.state.settlement)
        json.member("providerCode", payment.providerCode)
        json.member("providerMessage", payment.providerMessage)
        json.member("calls", payment.calls)
        json.member("refundCalls", payment.refundCalls)
        json.member("confirmedAt", payment.confirmedAt)
        json.member("refundReason", payment.refundReason)
        json.member("failures", payment.failures)
        json.member("alarm", payment.alarm)
    }
}

import TiketiCore
import TiketiNet

/// What other services ask of payment: refunds, and the whole story of one payment for administrators.
struct InternalRoutes {
    let refunds: Refunds
    let store: PaymentStore

    func add(to group: RouteGroup) {
        group.on(.post, "/payments/refund") { context in
            var fields = try await context.fields()
            let reservationID = fields.uuid("reservationId")
            let reason = fields.optionalString("reason", max: 200) ?? "Refund"
            try fields.finish()
            switch try await refunds.refund(reservationID: reservationID, reason: reason) {
            case .refunded(let payment): return Self.answer(.ok, payment)
            case .pending(let payment): return Self.answer(.accepted, payment)
            }
        }
        group.on(.get, "/payments/:id") { context in
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
    }

    private static func answer(_ status: HTTPStatus, _ payment: Payment) -> HTTPResponse {
        .success(status) { $0.object("payment") { $0.payment(payment) } }
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

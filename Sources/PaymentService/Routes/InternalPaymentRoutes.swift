// What other services ask of payment: refunds, where a payment stands, and for administrators all payments and the whole story of one.
import TiketiContracts
import TiketiCore
import TiketiJSON
import TiketiNet

struct InternalPaymentRoutes: Sendable {
    let refunds: Refunds
    let admin: PaymentAdmin

    func install(on router: some RouterMethods) {
        router.answer(PaymentAPI.refund) { try await refund($0) }
        router.answer(PaymentAPI.standing) { try await standing($0) }
        router.answer(PaymentAPI.payments) { try await list($0) }
        router.answer(PaymentAPI.payment) { try await one($0) }
        router.answer(PaymentAPI.settle) { try await settle($0) }
    }

    /// `wait: false` only puts the refund on the books; thousands of a cancelled event are then paid back at the queue's pace.
    private func refund(_ context: RequestContext) async throws -> HTTPResponse {
        let request: PaymentAPI.RefundRequest
        do { request = try PaymentAPI.RefundRequest(try await context.json()) } catch let fault as ContractFault {
            throw APIError.validation(fault.field, fault.message)
        }
        switch try await refunds.refund(reservationID: request.reservationID, reason: request.reason, waits: request.waits) {
        case .refunded(let payment): return Self.answer(.ok, payment)
        case .refunding(let payment): return Self.answer(.accepted, payment, refunding: true)
        case .unsettled(let payment): return Self.answer(.accepted, payment, refunding: false)
        }
    }

    private func standing(_ context: RequestContext) async throws -> HTTPResponse {
        let standing = try await admin.standing(of: try context.uuidParameter("reservationId"))
        return .success { standing.writeMembers(to: &$0) }
    }

    private func list(_ context: RequestContext) async throws -> HTTPResponse {
        let query = context.query
        let page = try Page.read(from: query, default: 20, max: 100)
        var filter = PaymentFilter()
        filter.status = try query.choice("status", as: PaymentStatus.self)
        filter.phase = try query.choice("phase", as: PaymentPhase.self)
        filter.userID = try query.uuid("userId")
        filter.reservationID = try query.uuid("reservationId")
        filter.orderID = try query.string("orderId", max: 64)
        filter.isAlarmed = try query.bool("alarmed") ?? false
        let (found, total) = try await admin.payments(filter, page)
        return .success(capacity: 256 + found.count * 800) { json in
            json.array("payments", found) { json, payment in json.object { Self.write(payment, to: &$0) } }
            json.pagination(page, total: total)
        }
    }

    private func one(_ context: RequestContext) async throws -> HTTPResponse {
        let (payment, history) = try await admin.story(of: try context.uuidParameter("id"))
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

    private func settle(_ context: RequestContext) async throws -> HTTPResponse {
        let payment = try await admin.settle(try context.uuidParameter("id"))
        return .success { $0.object("payment") { Self.write(payment, to: &$0) } }
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
        json.member("state", payment.progress.rawValue)
        json.member("phase", payment.phase)
        json.member("settlement", payment.state.settlement)
        json.member("providerCode", payment.providerCode)
        json.member("providerMessage", payment.providerMessage)
        json.member("calls", payment.calls)
        json.member("tossCalls", payment.tossCalls)
        json.member("refundCalls", payment.refundCalls)
        json.member("confirmedAt", payment.confirmedAt)
        json.member("refundReason", payment.refundReason)
        json.member("failures", payment.failures)
        json.member("alarm", payment.alarm)
    }
}

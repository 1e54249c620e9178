// Reading Toss's answers. An answer that lacks what our books need is not a payment, and so decides nothing.
import TiketiCore
import TiketiJSON
import TiketiNet

/// Reading Toss's answers. An answer that lacks what our books need is not a payment, and so decides nothing.
extension TossPayment {
    init?(_ json: JSONValue) {
        guard let paymentKey = json["paymentKey"]?.stringValue, let orderID = json["orderId"]?.stringValue,
            let status = json["status"]?.stringValue, let total = json["totalAmount"]?.int64Value
        else { return nil }
        self.init(
            paymentKey: paymentKey, orderID: orderID, status: TossStatus(rawValue: status), totalAmount: total,
            balanceAmount: json["balanceAmount"]?.int64Value ?? total, method: json["method"]?.stringValue,
            approvedAt: json["approvedAt"]?.stringValue.flatMap { Timestamp(rfc3339: $0) },
            failureCode: json["failure"]?["code"]?.stringValue)
    }
}

extension TossAnswer {
    /// From an HTTP answer. A 200 that is not a payment, or an error without a code, cannot be believed either way.
    static func read(status: Int, body: [UInt8]) -> TossAnswer {
        let json = try? JSONValue.parse(body)
        if status == 200 {
            guard let json, let payment = TossPayment(json) else { return .unreachable("HTTP 200 without a payment") }
            return .payment(payment)
        }
        guard status >= 400, let json, let code = json["code"]?.stringValue else { return .unreachable("HTTP \(status) without a code") }
        return .refused(status: status, code: code, message: json["message"]?.stringValue ?? "")
    }
}

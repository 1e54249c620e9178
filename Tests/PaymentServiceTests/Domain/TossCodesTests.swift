import Testing

@testable import PaymentService

/// Every code of Toss's error table, with the status it comes with and what it means for the books.
struct TossCodesTests {
    static let confirm: [(Int, String, ConfirmVerdict)] = [
        (400, "ALREADY_PROCESSED_PAYMENT", .unknown),
        (400, "PROVIDER_ERROR", .unknown),
        (400, "CARD_PROCESSING_ERROR", .unknown),
        (400, "INVALID_REQUEST", .declined),
        (400, "UNAPPROVED_ORDER_ID", .declined),
        (400, "NOT_AVAILABLE_PAYMENT", .declined),
        (400, "BELOW_MINIMUM_AMOUNT", .declined),
        (400, "INVALID_API_KEY", .configuration),
        (400, "INVALID_AUTHORIZE_AUTH", .configuration),
        (400, "INVALID_IDEMPOTENCY_KEY", .configuration),
        (400, "INVALID_CARD_NUMBER", .declined),
        (400, "INVALID_STOPPED_CARD", .declined),
        (400, "INVALID_CARD_EXPIRATION", .declined),
        (400, "INVALID_REJECT_CARD", .declined),
        (400, "INVALID_CARD_LOST_OR_STOLEN", .declined),
        (400, "EXCEED_MAX_AMOUNT", .declined),
        (400, "EXCEED_MAX_DAILY_PAYMENT_COUNT", .declined),
        (400, "EXCEED_MAX_PAYMENT_AMOUNT", .declined),
        (400, "INVALID_CARD_INSTALLMENT_PLAN", .declined),
        (400, "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", .declined),
        (401, "UNAUTHORIZED_KEY", .configuration),
        (403, "REJECT_CARD_COMPANY", .declined),
        (403, "REJECT_CARD_PAYMENT", .declined),
        (403, "REJECT_ACCOUNT_PAYMENT", .declined),
        (403, "EXCEED_MAX_AUTH_COUNT", .declined),
        (403, "EXCEED_MAX_ONE_DAY_AMOUNT", .declined),
        (403, "INVALID_PASSWORD", .declined),
        (403, "FDS_ERROR", .declined),
        (403, "NOT_AVAILABLE_BANK", .declined),
        (403, "FORBIDDEN_REQUEST", .configuration),
        (403, "INCORRECT_BASIC_AUTH_FORMAT", .configuration),
        (404, "NOT_FOUND_PAYMENT", .notPaid),
        (404, "NOT_FOUND_PAYMENT_SESSION", .notPaid),
        (409, "IDEMPOTENT_REQUEST_PROCESSING", .inFlight),
        (429, "TOO_MANY_REQUESTS", .unknown),
        (500, "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", .unknown),
        (500, "FAILED_INTERNAL_SYSTEM_PROCESSING", .unknown),
        (500, "UNKNOWN_PAYMENT_ERROR", .unknown),
        // Nobody knows these: never a failure.
        (400, "SOMETHING_NEW", .unknown),
        (401, "SOMETHING_NEW", .configuration),
        (403, "SOMETHING_NEW", .unknown),
        (404, "SOMETHING_NEW", .unknown),
        (409, "SOMETHING_NEW", .inFlight),
        (500, "REJECT_CARD_COMPANY", .unknown),
        (503, "SOMETHING_NEW", .unknown),
    ]

    @Test(arguments: confirm)
    func confirmCode(status: Int, code: String, verdict: ConfirmVerdict) {
        #expect(TossCodes.confirmVerdict(status: status, code: code) == verdict)
    }

    static let cancel: [(Int, String, CancelVerdict)] = [
        (400, "ALREADY_REFUND_PAYMENT", .alreadyBack),
        (400, "ALREADY_CANCELED_PAYMENT", .alreadyBack),
        (400, "NOT_MATCHES_REFUNDABLE_AMOUNT", .mismatch),
        (400, "INVALID_REFUND_ACCOUNT_INFO", .refused),
        (400, "INVALID_REFUND_ACCOUNT_NUMBER", .refused),
        (400, "REFUND_REJECTED", .refused),
        (403, "NOT_CANCELABLE_AMOUNT", .refused),
        (403, "NOT_CANCELABLE_PAYMENT", .refused),
        (403, "EXCEED_MAX_REFUND_DUE", .refused),
        (403, "NOT_ALLOWED_PARTIAL_REFUND", .refused),
        (403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", .refused),
        (403, "EXCEED_CANCEL_LIMIT", .refused),
        (403, "FORBIDDEN_CONSECUTIVE_REQUEST", .wait),
        (403, "FORBIDDEN_REQUEST", .configuration),
        (401, "UNAUTHORIZED_KEY", .configuration),
        (409, "IDEMPOTENT_REQUEST_PROCESSING", .wait),
        (429, "TOO_MANY_REQUESTS", .wait),
        (500, "FAILED_REFUND_PROCESS", .unknown),
        (500, "FAILED_METHOD_HANDLING_CANCEL", .unknown),
        (500, "FAILED_PARTIAL_REFUND", .unknown),
        (500, "COMMON_ERROR", .unknown),
        (400, "SOMETHING_NEW", .unknown),
        (403, "SOMETHING_NEW", .unknown),
    ]

    @Test(arguments: cancel)
    func cancelCode(status: Int, code: String, verdict: CancelVerdict) {
        #expect(TossCodes.cancelVerdict(status: status, code: code) == verdict)
    }
}

// The error answers of TossPayments.

/// The error answers of TossPayments, with the HTTP status each code has there.
struct TossError: Sendable, Equatable {
    var code: String
    var message: String

    init(_ code: String, _ message: String = "Simulated by the payment key") {
        self.code = code
        self.message = message
    }

    private static let statuses: [String: Int] = [
        "UNAUTHORIZED_KEY": 401,
        "FORBIDDEN_REQUEST": 403, "INCORRECT_BASIC_AUTH_FORMAT": 403, "REJECT_CARD_COMPANY": 403, "REJECT_CARD_PAYMENT": 403,
        "REJECT_ACCOUNT_PAYMENT": 403, "EXCEED_MAX_AUTH_COUNT": 403, "EXCEED_MAX_ONE_DAY_AMOUNT": 403, "INVALID_PASSWORD": 403,
        "FDS_ERROR": 403, "NOT_AVAILABLE_BANK": 403, "NOT_CANCELABLE_AMOUNT": 403, "NOT_CANCELABLE_PAYMENT": 403,
        "EXCEED_MAX_REFUND_DUE": 403, "NOT_ALLOWED_PARTIAL_REFUND": 403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT": 403,
        "FORBIDDEN_CONSECUTIVE_REQUEST": 403, "EXCEED_CANCEL_LIMIT": 403,
        "NOT_FOUND_PAYMENT": 404, "NOT_FOUND_PAYMENT_SESSION": 404,
        "IDEMPOTENT_REQUEST_PROCESSING": 409,
        "TOO_MANY_REQUESTS": 429,
        "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING": 500, "FAILED_INTERNAL_SYSTEM_PROCESSING": 500, "UNKNOWN_PAYMENT_ERROR": 500,
        "FAILED_REFUND_PROCESS": 500, "FAILED_METHOD_HANDLING_CANCEL": 500, "FAILED_PARTIAL_REFUND": 500, "COMMON_ERROR": 500,
        "BAD_GATEWAY": 502, "SERVICE_UNAVAILABLE": 503, "GATEWAY_TIMEOUT": 504,
    ]

    /// Codes not listed are Toss's usual 400.
    var status: Int { Self.statuses[code] ?? 400 }

    /// The request was refused before anybody looked at the payment.
    var isOurKey: Bool {
        switch code {
        case "UNAUTHORIZED_KEY", "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH", "FORBIDDEN_REQUEST", "INCORRECT_BASIC_AUTH_FORMAT",
            "INVALID_IDEMPOTENCY_KEY":
            true
        default: false
        }
    }

    /// Trouble of the moment: a repetition with the same Idempotency-Key is tried anew instead of being answered from memory.
    var isPassing: Bool {
        isOurKey || status >= 500 || status == 429 || status == 409 || code == "PROVIDER_ERROR" || code == "CARD_PROCESSING_ERROR"
            || code == "FORBIDDEN_CONSECUTIVE_REQUEST"
    }
}

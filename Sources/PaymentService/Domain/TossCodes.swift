// What each error code of TossPayments means for our books: one table, total over every code and status Toss can send.
// The rule behind it: only a code known to be final may fail a payment; everything else is asked about.

/// What an error answer to a confirm call says about the money.
enum ConfirmVerdict: Sendable, Hashable, CaseIterable {
    /// Refused by the card, the bank or the rules of Toss: final, nothing was taken.
    case declined
    /// The payment does not exist or its window closed: nothing was taken.
    case notPaid
    /// The same request is still running at Toss.
    case inFlight
    /// Money may have been taken: ask.
    case unknown
    /// Our key or our request is wrong: nobody's payment can work until an operator acts. Holds stay.
    case configuration
}

/// What an error answer to a cancel call says about the money.
enum CancelVerdict: Sendable, Hashable, CaseIterable {
    /// Probably given back before: ask.
    case alreadyBack
    /// Too early, or the same request is still running: the same key again, later.
    case wait
    /// Unknown: ask, then the same key again.
    case unknown
    /// The guard `refundableAmount` did not match: somebody else refunded a part. Ask, then a new attempt.
    case mismatch
    /// Toss refuses; an operator is needed, and it is tried again at long intervals.
    case refused
    /// Our key or our request is wrong.
    case configuration
}

enum TossCodes {
    /// Codes that ask for a new card: final for this order.
    static let declined: Set<String> = [
        // 400
        "INVALID_CARD_NUMBER", "INVALID_STOPPED_CARD", "INVALID_CARD_EXPIRATION", "INVALID_REJECT_CARD", "INVALID_CARD_LOST_OR_STOLEN",
        "EXCEED_MAX_AMOUNT", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "EXCEED_MAX_PAYMENT_AMOUNT",
        // 400, final by our bug or a rule of Toss
        "INVALID_REQUEST", "UNAPPROVED_ORDER_ID", "NOT_AVAILABLE_PAYMENT", "BELOW_MINIMUM_AMOUNT",
        // 403
        "REJECT_CARD_COMPANY", "REJECT_CARD_PAYMENT", "REJECT_ACCOUNT_PAYMENT", "EXCEED_MAX_AUTH_COUNT", "EXCEED_MAX_ONE_DAY_AMOUNT",
        "INVALID_PASSWORD", "FDS_ERROR", "NOT_AVAILABLE_BANK",
    ]
    static let notPaid: Set<String> = ["NOT_FOUND_PAYMENT", "NOT_FOUND_PAYMENT_SESSION"]
    static let unknown: Set<String> = [
        "ALREADY_PROCESSED_PAYMENT", "PROVIDER_ERROR", "CARD_PROCESSING_ERROR", "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING",
        "FAILED_INTERNAL_SYSTEM_PROCESSING", "UNKNOWN_PAYMENT_ERROR",
    ]
    static let inFlight: Set<String> = ["IDEMPOTENT_REQUEST_PROCESSING"]
    static let configuration: Set<String> = [
        "INVALID_API_KEY", "INVALID_AUTHORIZE_AUTH", "UNAUTHORIZED_KEY", "FORBIDDEN_REQUEST", "INCORRECT_BASIC_AUTH_FORMAT",
        "INVALID_IDEMPOTENCY_KEY",
    ]

    /// The verdict on an error answer to `POST /v1/payments/confirm`.
    static func confirmVerdict(status: Int, code: String) -> ConfirmVerdict {
        if configuration.contains(code) { return .configuration }
        if inFlight.contains(code) { return .inFlight }
        // A 5xx is unknown whatever its text says.
        if status >= 500 || unknown.contains(code) { return .unknown }
        if notPaid.contains(code) { return .notPaid }
        if declined.contains(code) || code.contains("_INSTALLMENT_") { return .declined }
        // A code that we have never seen: 401 can only be our key, 409 only a collision; of everything else money may be gone.
        switch status {
        case 401: return .configuration
        case 409: return .inFlight
        default: return .unknown
        }
    }

    static let alreadyBack: Set<String> = ["ALREADY_REFUND_PAYMENT", "ALREADY_CANCELED_PAYMENT"]
    static let cancelWait: Set<String> = ["FORBIDDEN_CONSECUTIVE_REQUEST", "IDEMPOTENT_REQUEST_PROCESSING"]
    static let cancelUnknown: Set<String> = [
        "FAILED_REFUND_PROCESS", "FAILED_METHOD_HANDLING_CANCEL", "FAILED_PARTIAL_REFUND", "COMMON_ERROR", "PROVIDER_ERROR",
    ]
    static let cancelRefused: Set<String> = [
        "NOT_CANCELABLE_AMOUNT", "NOT_CANCELABLE_PAYMENT", "EXCEED_MAX_REFUND_DUE", "NOT_ALLOWED_PARTIAL_REFUND",
        "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", "EXCEED_CANCEL_LIMIT", "REFUND_REJECTED", "INVALID_REQUEST", "NOT_FOUND_PAYMENT",
    ]

    /// The verdict on an error answer to `POST /v1/payments/{paymentKey}/cancel`.
    static func cancelVerdict(status: Int, code: String) -> CancelVerdict {
        if configuration.contains(code) { return .configuration }
        if alreadyBack.contains(code) { return .alreadyBack }
        if cancelWait.contains(code) { return .wait }
        if status >= 500 || cancelUnknown.contains(code) { return .unknown }
        if code == "NOT_MATCHES_REFUNDABLE_AMOUNT" { return .mismatch }
        if cancelRefused.contains(code) || code.hasPrefix("INVALID_REFUND_ACCOUNT") { return .refused }
        switch status {
        case 401: return .configuration
        case 409, 429: return .wait
        default: return .unknown
        }
    }
}

// The Korean text of each error code. Codes are what programs read; these are for people, and may change.

/// Texts by code. A code that is not here is told in English.
enum KoreanErrors {
    static func text(_ code: String) -> String? { texts[code] }

    private static let texts: [String: String] = [
        // Requests
        "VALIDATION_FAILED": "입력한 내용을 확인해 주세요.",
        "MALFORMED_JSON": "요청 형식이 올바르지 않습니다.",
        "MALFORMED_BODY": "요청 본문이 올바르지 않습니다.",
        "NOT_FOUND": "찾을 수 없습니다.",
        "METHOD_NOT_ALLOWED": "허용되지 않은 요청 방식입니다.",
        "BODY_TOO_LARGE": "요청이 너무 큽니다.",
        "UNSUPPORTED_MEDIA_TYPE": "지원하지 않는 형식입니다.",
        "REQUEST_TIMEOUT": "요청이 제시간에 도착하지 않았습니다.",
        "RATE_LIMITED": "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.",
        "IDEMPOTENCY_MISMATCH": "같은 요청 키가 다른 요청에 이미 사용되었습니다.",
        "IDEMPOTENCY_IN_PROGRESS": "같은 요청을 처리하고 있습니다.",
        // Callers
        "NO_TOKEN": "로그인이 필요합니다.",
        "INVALID_TOKEN": "로그인 정보가 올바르지 않습니다.",
        "TOKEN_EXPIRED": "로그인이 만료되었습니다. 다시 로그인해 주세요.",
        "SESSION_ENDED": "로그인이 종료되었습니다. 다시 로그인해 주세요.",
        "ADMIN_REQUIRED": "관리자 권한이 필요합니다.",
        "EMAIL_TAKEN": "이미 가입된 이메일입니다.",
        "INVALID_CREDENTIALS": "이메일 또는 비밀번호가 올바르지 않습니다.",
        "INVALID_GOOGLE_TOKEN": "Google 로그인 정보를 확인할 수 없습니다.",
        "EMAIL_UNVERIFIED": "이메일 인증이 필요합니다.",
        "TOTP_REQUIRED": "인증 코드가 필요합니다.",
        // Seats, reservations, queue
        "SEATS_UNAVAILABLE": "이미 선택되었거나 판매된 좌석이 있습니다.",
        "EVENT_NOT_ON_SALE": "지금은 예매할 수 없는 공연입니다.",
        "EVENT_HAS_RESERVATIONS": "예매가 있는 공연은 삭제할 수 없습니다.",
        "SEAT_LIMIT": "예매할 수 있는 좌석 수를 초과했습니다.",
        "HOLD_LIMIT": "같은 좌석을 너무 오래 선택했습니다. 나중에 다시 시도해 주세요.",
        "QUEUE_REQUIRED": "대기열에 먼저 입장해 주세요.",
        "TOO_LATE": "공연이 시작되어 취소할 수 없습니다.",
        "NAME_TAKEN": "이미 사용 중인 이름입니다.",
        // Payments
        "PAYMENT_REJECTED": "결제가 거절되었습니다.",
        "PAYMENT_IN_PROGRESS": "결제가 진행 중입니다.",
        "PAYMENT_KEY_USED": "다른 주문에 사용된 결제입니다.",
        "AMOUNT_MISMATCH": "결제 금액이 일치하지 않습니다.",
        "RESERVATION_EXPIRED": "예매 시간이 만료되었습니다.",
        // The service itself
        "INTERNAL": "서버에 문제가 발생했습니다.",
        "UNAVAILABLE": "일시적으로 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.",
        "UPSTREAM_FAILED": "서비스에 문제가 발생했습니다. 잠시 후 다시 시도해 주세요.",
        "UPSTREAM_TIMEOUT": "응답이 지연되고 있습니다. 잠시 후 다시 시도해 주세요.",
    ]
}

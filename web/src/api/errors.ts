// One table from error code to words and a way on, in both languages. A code that is not listed says what its status means.
import { defineStrings } from '../i18n/language';
import { type ApiError } from './client';

export const errorStrings = defineStrings({
  codes: {
    VALIDATION_FAILED: '입력한 내용을 확인해 주세요.',
    MALFORMED_JSON: '요청을 읽을 수 없습니다. 페이지를 새로 고침해 주세요.',
    INVALID_CREDENTIALS: '이메일 또는 비밀번호가 올바르지 않습니다.',
    TOTP_REQUIRED: '인증 앱의 6자리 코드를 입력해 주세요.',
    INVALID_GOOGLE_TOKEN: 'Google 로그인을 확인하지 못했습니다. 다시 시도해 주세요.',
    EMAIL_TAKEN: '이미 가입된 이메일입니다. 로그인해 주세요.',
    EMAIL_UNVERIFIED: '이메일 인증을 마친 뒤 예매할 수 있습니다. 받은 메일의 링크를 눌러 주세요.',
    NO_TOKEN: '로그인이 필요합니다.',
    INVALID_TOKEN: '로그인이 끝났습니다. 다시 로그인해 주세요.',
    TOKEN_EXPIRED: '로그인이 끝났습니다. 다시 로그인해 주세요.',
    SESSION_ENDED: '다른 곳에서 로그아웃했습니다. 다시 로그인해 주세요.',
    ADMIN_REQUIRED: '관리자만 볼 수 있습니다.',
    NOT_FOUND: '찾는 내용이 없습니다.',
    SEATS_UNAVAILABLE: '고른 좌석 가운데 방금 다른 사람이 선택한 좌석이 있습니다. 표시된 좌석을 바꿔 주세요.',
    SEAT_LIMIT: '한 공연에 예매할 수 있는 좌석 수를 넘었습니다.',
    HOLD_LIMIT: '이 좌석을 너무 오래 잡고 있었습니다. 다른 좌석을 골라 주세요.',
    EVENT_NOT_ON_SALE: '지금은 예매할 수 없는 공연입니다.',
    QUEUE_REQUIRED: '대기열을 거쳐야 합니다. 차례가 되면 바로 입장합니다.',
    RESERVATION_EXPIRED: '예매 시간이 지났습니다. 좌석을 다시 골라 주세요.',
    AMOUNT_MISMATCH: '결제 금액이 바뀌었습니다. 새 금액을 확인해 주세요.',
    PAYMENT_REJECTED: '카드사에서 결제를 거절했습니다. 돈은 나가지 않았습니다.',
    PAYMENT_KEY_USED: '이미 사용된 결제입니다. 처음부터 다시 결제해 주세요.',
    PAYMENT_IN_PROGRESS: '결제가 진행되고 있습니다. 결과가 나온 뒤 취소할 수 있습니다.',
    TOO_LATE: '공연이 시작되어 취소할 수 없습니다.',
    IDEMPOTENCY_MISMATCH: '같은 요청이 다른 내용으로 들어왔습니다. 새로 고침한 뒤 다시 시도해 주세요.',
    IDEMPOTENCY_IN_PROGRESS: '같은 요청을 처리하고 있습니다. 잠시 후 다시 시도해 주세요.',
    BODY_TOO_LARGE: '파일이 너무 큽니다.',
    UNSUPPORTED_MEDIA_TYPE: '지원하지 않는 형식입니다.',
    RATE_LIMITED: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
    UPSTREAM_FAILED: '서비스에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    UNAVAILABLE: '지금은 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.',
    UPSTREAM_TIMEOUT: '응답이 늦어지고 있습니다. 잠시 후 다시 시도해 주세요.',
    TIMEOUT: '응답이 늦어지고 있습니다. 잠시 후 다시 시도해 주세요.',
    OFFLINE: '서버에 연결할 수 없습니다. 인터넷 연결을 확인해 주세요.',
    NAME_TAKEN: '이미 있는 이름입니다.',
    EVENT_HAS_RESERVATIONS: '예매가 있는 공연은 지울 수 없습니다. 공연 취소를 이용해 주세요.',
    INVALID_RESET_TOKEN: '링크가 이미 사용되었거나 만료되었습니다. 새로 요청해 주세요.',
  },
  other: '문제가 생겼습니다. 잠시 후 다시 시도해 주세요.',
  forbidden: '이 작업을 할 수 없습니다.',
  conflict: '그사이 상태가 바뀌었습니다. 새로 고침해 주세요.',
  retryIn: (seconds: number) => `${seconds}초 뒤에 다시 시도할 수 있습니다.`,
  requestId: '문의 번호',
  ways: { login: '로그인', seats: '좌석 다시 고르기', queue: '대기열로', event: '공연 보기', reservations: '내 예매', home: '공연 목록', retry: '다시 시도' },
}, {
  codes: {
    VALIDATION_FAILED: 'Please check what you entered.',
    MALFORMED_JSON: 'The request could not be read. Please reload the page.',
    INVALID_CREDENTIALS: 'The email or the password is wrong.',
    TOTP_REQUIRED: 'Enter the six digits of your authenticator app.',
    INVALID_GOOGLE_TOKEN: 'Google could not confirm the sign-in. Please try again.',
    EMAIL_TAKEN: 'This email already has an account. Please sign in.',
    EMAIL_UNVERIFIED: 'Confirm your email before buying: use the link in the mail we sent.',
    NO_TOKEN: 'Please sign in.',
    INVALID_TOKEN: 'Your sign-in has ended. Please sign in again.',
    TOKEN_EXPIRED: 'Your sign-in has ended. Please sign in again.',
    SESSION_ENDED: 'You signed out elsewhere. Please sign in again.',
    ADMIN_REQUIRED: 'Only administrators can see this.',
    NOT_FOUND: 'There is nothing here.',
    SEATS_UNAVAILABLE: 'Somebody else has just taken one of your seats. Change the seats that are marked.',
    SEAT_LIMIT: 'That is more seats than one person may book for this event.',
    HOLD_LIMIT: 'You have held this seat for too long. Please choose another.',
    EVENT_NOT_ON_SALE: 'This event is not on sale right now.',
    QUEUE_REQUIRED: 'This event has a queue. You are let in when it is your turn.',
    RESERVATION_EXPIRED: 'The time for this booking is over. Please choose seats again.',
    AMOUNT_MISMATCH: 'The amount has changed. Please check the new one.',
    PAYMENT_REJECTED: 'The card company declined the payment. You were not charged.',
    PAYMENT_KEY_USED: 'This payment was already used. Please start the payment again.',
    PAYMENT_IN_PROGRESS: 'A payment is running. You can cancel once its outcome is known.',
    TOO_LATE: 'The event has begun; it can no longer be cancelled.',
    IDEMPOTENCY_MISMATCH: 'The same request came with different content. Reload and try again.',
    IDEMPOTENCY_IN_PROGRESS: 'The same request is still running. Please try again in a moment.',
    BODY_TOO_LARGE: 'The file is too large.',
    UNSUPPORTED_MEDIA_TYPE: 'This format is not supported.',
    RATE_LIMITED: 'Too many requests. Please try again in a moment.',
    UPSTREAM_FAILED: 'The service cannot be reached. Please try again in a moment.',
    UNAVAILABLE: 'This is not available right now. Please try again in a moment.',
    UPSTREAM_TIMEOUT: 'The answer takes too long. Please try again in a moment.',
    TIMEOUT: 'The answer takes too long. Please try again in a moment.',
    OFFLINE: 'The server cannot be reached. Please check your connection.',
    NAME_TAKEN: 'This name is already used.',
    EVENT_HAS_RESERVATIONS: 'An event with bookings cannot be deleted. Cancel it instead.',
    INVALID_RESET_TOKEN: 'The link was used already or has expired. Please ask for a new one.',
  },
  other: 'Something went wrong. Please try again in a moment.',
  forbidden: 'You cannot do this.',
  conflict: 'Things have changed meanwhile. Please reload.',
  retryIn: (seconds: number) => `You can try again in ${seconds} seconds.`,
  requestId: 'Reference',
  ways: { login: 'Sign in', seats: 'Choose seats again', queue: 'To the queue', event: 'See the event', reservations: 'My bookings', home: 'All events', retry: 'Try again' },
});

type Words = ReturnType<typeof errorStrings>;

/** What to say about an error. */
export function explain(error: ApiError, words: Words = errorStrings.now()): string {
  const known = (words.codes as Readonly<Record<string, string>>)[error.code];
  const text = known ?? (error.status === 403 ? words.forbidden : error.status === 404 ? words.codes.NOT_FOUND : error.status === 409 ? words.conflict : words.other);
  return error.status === 429 && error.retryAfter !== null ? `${text} ${words.retryIn(error.retryAfter)}` : text;
}

export interface WayOn { text: string; to: string }

/** Where to go from an error; null means that trying again is the way. */
export function wayOn(error: ApiError, eventId: string | null, words: Words = errorStrings.now()): WayOn | null {
  const event = eventId ? `/events/${encodeURIComponent(eventId)}` : null;
  switch (error.code) {
    case 'NO_TOKEN': case 'INVALID_TOKEN': case 'TOKEN_EXPIRED': case 'SESSION_ENDED': case 'EMAIL_TAKEN':
      return { text: words.ways.login, to: '/login' };
    case 'QUEUE_REQUIRED': return event ? { text: words.ways.queue, to: `${event}/queue` } : null;
    case 'SEATS_UNAVAILABLE': case 'HOLD_LIMIT': case 'RESERVATION_EXPIRED': case 'PAYMENT_REJECTED':
      return event ? { text: words.ways.seats, to: `${event}/seats` } : { text: words.ways.home, to: '/' };
    case 'EVENT_NOT_ON_SALE': return event ? { text: words.ways.event, to: event } : null;
    case 'SEAT_LIMIT': case 'TOO_LATE': case 'PAYMENT_IN_PROGRESS': case 'PAYMENT_KEY_USED':
      return { text: words.ways.reservations, to: '/my-reservations' };
    case 'NOT_FOUND': case 'ADMIN_REQUIRED': return { text: words.ways.home, to: '/' };
    default: return null;
  }
}

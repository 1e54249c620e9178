// Talks to the gateway: JSON in and out, the token along, one kind of error.

export class ApiError extends Error {
  constructor(status, body) {
    super(MESSAGES[body?.code] ?? body?.error ?? `오류 ${status}`);
    this.status = status;
    this.code = body?.code;
    this.body = body;
  }
}

const MESSAGES = {
  INVALID_CREDENTIALS: '이메일 또는 비밀번호가 올바르지 않습니다.',
  EMAIL_TAKEN: '이미 가입된 이메일입니다.',
  SEATS_UNAVAILABLE: '이미 선택된 좌석이 있습니다. 다른 좌석을 골라 주세요.',
  SEAT_LIMIT: '한 공연에 살 수 있는 좌석 수를 넘었습니다.',
  EVENT_NOT_ON_SALE: '지금은 예매할 수 없는 공연입니다.',
  QUEUE_REQUIRED: '대기열을 거쳐야 합니다.',
  HOLD_LIMIT: '이 좌석을 너무 오래 잡고 있었습니다.',
  RESERVATION_EXPIRED: '예매 시간이 지났습니다.',
  PAYMENT_REJECTED: '결제가 거절되었습니다.',
  RATE_LIMITED: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
  UNAVAILABLE: '지금은 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.',
  UPSTREAM_FAILED: '서비스에 연결할 수 없습니다.',
  UPSTREAM_TIMEOUT: '응답이 늦어지고 있습니다.',
};

export const session = {
  get token() { return localStorage.getItem('token'); },
  get user() { try { return JSON.parse(localStorage.getItem('user')); } catch { return null; } },
  start({ token, user }) {
    localStorage.setItem('token', token);
    localStorage.setItem('user', JSON.stringify(user));
  },
  end() {
    localStorage.removeItem('token');
    localStorage.removeItem('user');
  },
};

export async function api(method, path, body, { idempotencyKey } = {}) {
  const headers = {};
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (idempotencyKey) headers['Idempotency-Key'] = idempotencyKey;
  let response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, { error: '네트워크에 연결할 수 없습니다.' });
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const error = new ApiError(response.status, answer);
  if (response.status === 401 && session.token && error.code !== 'INVALID_CREDENTIALS') {
    session.end();
    dispatchEvent(new CustomEvent('signed-out'));
  }
  throw error;
}

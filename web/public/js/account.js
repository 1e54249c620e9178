// Signing in and signing up.
import { api, session } from './api.js';
import { el } from './dom.js';

function form(title, fields, path, submit, query, go, ...rest) {
  const error = el('p.error', { role: 'alert' });
  const button = el('button', {}, submit);
  const node = el('form.card', {
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      error.textContent = '';
      try {
        const values = Object.fromEntries([...new FormData(node)].filter(([, value]) => value));
        session.start(await api('POST', path, values));
        const next = query.get('next') ?? '/';
        go(next.startsWith('/') && !next.startsWith('//') ? next : '/');
      } catch (failure) {
        error.textContent = failure.body?.details?.map(({ field, message }) => `${field}: ${message}`).join(', ') ?? failure.message;
        button.disabled = false;
      }
    },
  },
  el('h2', {}, title),
  fields.map(([name, label, attributes]) => el('label', {}, label, el('input', { name, required: true, ...attributes }))),
  button, error, rest);
  return node;
}

const EMAIL = ['email', '이메일', { type: 'email', autocomplete: 'email' }];

export async function login({ query, go }) {
  return form('로그인', [EMAIL, ['password', '비밀번호', { type: 'password', autocomplete: 'current-password' }]],
    '/api/auth/login', '로그인', query, go, el('a', { href: `/register?${query}` }, '회원가입'));
}

export async function register({ query, go }) {
  return form('회원가입', [EMAIL,
    ['password', '비밀번호 (8자 이상)', { type: 'password', minlength: 8, autocomplete: 'new-password' }],
    ['name', '이름', { maxlength: 100, autocomplete: 'name' }],
    ['phone', '전화번호 (선택)', { required: false, maxlength: 20, autocomplete: 'tel' }]],
  '/api/auth/register', '가입하기', query, go);
}

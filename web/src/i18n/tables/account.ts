// Words of signing in and of one's account.
import { defineStrings } from '../language';

export const accountStrings = defineStrings({
  login: {
    title: '로그인', lead: '다시 만나서 반가워요.', submit: '로그인', email: '이메일', password: '비밀번호', forgot: '비밀번호를 잊으셨나요?', none: '아직 회원이 아니신가요?', register: '회원가입',
    code: '인증 코드', codeHint: '인증 앱에 보이는 6자리 숫자', or: '또는', ended: '로그인이 필요한 페이지입니다. 로그인하면 보던 곳으로 돌아갑니다.',
  },
  register: {
    title: '회원가입', lead: '가입하면 바로 예매할 수 있습니다.', submit: '가입하기', name: '이름', phone: '휴대전화 (선택)', phoneHint: '공연 변경 안내에만 씁니다.', passwordHint: '8자 이상. 흔한 비밀번호는 쓸 수 없습니다.', has: '이미 회원이신가요?', login: '로그인',
  },
  problems: {
    required: '입력해 주세요.', email: '이메일 주소를 확인해 주세요.', short: '8자 이상 입력해 주세요.', long: '비밀번호가 너무 깁니다 (72바이트까지).', name: '이름은 100자까지 쓸 수 있습니다.', phone: '20자까지 쓸 수 있습니다.', other: '다시 확인해 주세요.', common: '너무 흔한 비밀번호입니다. 다른 것을 써 주세요.',
  },
  profile: {
    title: '내 정보', details: '기본 정보', save: '저장', saved: '저장했습니다.', email: '이메일', since: '가입한 날', passwordTitle: '비밀번호 변경', current: '지금 비밀번호', next: '새 비밀번호', change: '변경', changed: '비밀번호를 바꾸었습니다. 다른 기기에서는 모두 로그아웃됩니다.', wrong: '지금 비밀번호가 올바르지 않습니다.',
    sessions: '로그인한 기기', sessionsText: '모르는 기기가 있으면 로그아웃시키고 비밀번호를 바꾸세요.', thisOne: '이 기기', lastUsed: '마지막 사용', end: '로그아웃시키기', ended: '로그아웃시켰습니다.', unknownDevice: '알 수 없는 기기', sessionsUnavailable: '지금은 기기 목록을 볼 수 없습니다.',
    preferences: '화면 설정', language: '언어', theme: '화면 색',
  },
  reset: {
    title: '비밀번호 재설정', lead: '가입한 이메일로 재설정 링크를 보내 드립니다.', send: '링크 보내기', sent: '가입된 주소라면 링크를 보냈습니다. 메일함을 확인해 주세요. 링크는 한 시간 동안 한 번 쓸 수 있습니다.', newTitle: '새 비밀번호', submit: '비밀번호 바꾸기', done: '비밀번호를 바꾸었습니다. 새 비밀번호로 로그인해 주세요.', login: '로그인하기', again: '링크 다시 받기', invalid: '링크가 이미 사용되었거나 만료되었습니다.',
  },
  verify: { title: '이메일 인증', checking: '확인하고 있습니다.', done: '이메일을 인증했습니다. 이제 예매할 수 있습니다.', failed: '링크가 이미 사용되었거나 만료되었습니다.', missing: '메일에 있는 링크로 들어와 주세요.', home: '공연 보러 가기' },
}, {
  login: {
    title: 'Sign in', lead: 'Good to see you again.', submit: 'Sign in', email: 'Email', password: 'Password', forgot: 'Forgot your password?', none: 'New to Tiketi?', register: 'Sign up',
    code: 'Code', codeHint: 'The six digits of your authenticator app', or: 'or', ended: 'Please sign in for this page. You come back to it afterwards.',
  },
  register: {
    title: 'Sign up', lead: 'You can book at once.', submit: 'Create account', name: 'Name', phone: 'Mobile phone (optional)', phoneHint: 'Only to tell you about changes of an event.', passwordHint: 'At least 8 characters; common passwords are refused.', has: 'Already have an account?', login: 'Sign in',
  },
  problems: {
    required: 'Please fill this in.', email: 'Please check the email address.', short: 'At least 8 characters, please.', long: 'This password is too long (72 bytes at most).', name: 'At most 100 characters, please.', phone: 'At most 20 characters, please.', other: 'Please check this.', common: 'This password is too common. Please choose another.',
  },
  profile: {
    title: 'Account', details: 'Your details', save: 'Save', saved: 'Saved.', email: 'Email', since: 'Member since', passwordTitle: 'Change the password', current: 'Current password', next: 'New password', change: 'Change', changed: 'The password is changed. Other devices are signed out.', wrong: 'The current password is wrong.',
    sessions: 'Signed-in devices', sessionsText: 'If you do not know one of them, sign it out and change your password.', thisOne: 'This device', lastUsed: 'Last used', end: 'Sign out', ended: 'Signed out.', unknownDevice: 'Unknown device', sessionsUnavailable: 'The list of devices is not available right now.',
    preferences: 'Appearance', language: 'Language', theme: 'Colours',
  },
  reset: {
    title: 'Reset the password', lead: 'We send a link to the email of your account.', send: 'Send the link', sent: 'If the address has an account, the link is on its way. It works once, for an hour.', newTitle: 'New password', submit: 'Change the password', done: 'The password is changed. Please sign in with the new one.', login: 'Sign in', again: 'Ask for a new link', invalid: 'The link was used already or has expired.',
  },
  verify: { title: 'Confirm your email', checking: 'Checking.', done: 'Your email is confirmed. You can book now.', failed: 'The link was used already or has expired.', missing: 'Please come through the link in the mail.', home: 'See the events' },
});

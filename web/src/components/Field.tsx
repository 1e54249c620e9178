// Form fields: label, hint and problem belong to the control for screen readers as well.
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId, useState } from 'react';
import { commonStrings } from '../i18n/tables/common';

interface Own { label: ReactNode; hint?: ReactNode; problem?: string | null }

function described(id: string, hint: ReactNode, problem: string | null | undefined): string | undefined {
  return [hint ? `${id}-hint` : '', problem ? `${id}-problem` : ''].filter(Boolean).join(' ') || undefined;
}

function Frame({ id, label, hint, problem, children }: Own & { id: string; children: ReactNode }): JSX.Element {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && <span className="hint" id={`${id}-hint`}>{hint}</span>}
      {problem && <span className="problem" id={`${id}-problem`}>{problem}</span>}
    </div>
  );
}

export function Field({ label, hint, problem, className, ...rest }: Own & InputHTMLAttributes<HTMLInputElement>): JSX.Element {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <input id={id} className={`input ${className ?? ''}`} aria-invalid={problem ? true : undefined} aria-describedby={described(id, hint, problem)} {...rest} />
    </Frame>
  );
}

export function TextField({ label, hint, problem, ...rest }: Own & TextareaHTMLAttributes<HTMLTextAreaElement>): JSX.Element {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <textarea id={id} className="input" aria-invalid={problem ? true : undefined} aria-describedby={described(id, hint, problem)} {...rest} />
    </Frame>
  );
}

export function SelectField({ label, hint, problem, children, ...rest }: Own & SelectHTMLAttributes<HTMLSelectElement>): JSX.Element {
  const id = useId();
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <select id={id} className="input" aria-invalid={problem ? true : undefined} aria-describedby={described(id, hint, problem)} {...rest}>{children}</select>
    </Frame>
  );
}

export function PasswordField({ label, hint, problem, ...rest }: Own & InputHTMLAttributes<HTMLInputElement>): JSX.Element {
  const id = useId();
  const words = commonStrings();
  const [isShown, setShown] = useState(false);
  return (
    <Frame id={id} label={label} hint={hint} problem={problem}>
      <div className="input-with">
        <input
          id={id} className="input" type={isShown ? 'text' : 'password'} aria-invalid={problem ? true : undefined}
          aria-describedby={described(id, hint, problem)} autoCapitalize="none" spellCheck={false} {...rest}
        />
        <button type="button" className="button quiet small inside" aria-pressed={isShown} aria-label={isShown ? words.hidePasswordLong : words.showPasswordLong} onClick={() => setShown(!isShown)}>
          {isShown ? words.hidePassword : words.showPassword}
        </button>
      </div>
    </Frame>
  );
}

// Buttons, and links that look like them.
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from '../app/router';

type Look = 'primary' | 'secondary' | 'quiet' | 'danger';
type Size = 'small' | 'normal' | 'large';

const classes = (look: Look, size: Size, isWide: boolean, more?: string): string =>
  ['button', look !== 'primary' && look, size !== 'normal' && size, isWide && 'wide', more].filter(Boolean).join(' ');

interface Own { look?: Look; size?: Size; isWide?: boolean; children?: ReactNode }

/** While busy it stays in the tab order, says so, and does nothing. */
export function Button({ look = 'primary', size = 'normal', isWide = false, isBusy = false, className, children, onClick, type = 'button', ...rest }:
  ButtonHTMLAttributes<HTMLButtonElement> & Own & { isBusy?: boolean }): JSX.Element {
  return (
    <button
      type={type} className={classes(look, size, isWide, className)} aria-busy={isBusy || undefined} aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick} {...rest}
    >
      {isBusy && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}

export function ButtonLink({ to, replace, look = 'primary', size = 'normal', isWide = false, className, children }:
  Own & { to: string; replace?: boolean; className?: string }): JSX.Element {
  return <Link to={to} replace={replace} className={classes(look, size, isWide, className)}>{children}</Link>;
}

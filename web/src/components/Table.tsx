// A table of rows that scrolls sideways by itself on small windows.
import type { ReactNode } from 'react';

export interface Column<R> {
  key: string;
  title: ReactNode;
  cell: (row: R) => ReactNode;
  isNumber?: boolean;
}

interface Props<R> {
  /** Said to screen readers; shown when `showsCaption`. */
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  rowKey: (row: R) => string;
  showsCaption?: boolean;
}

export function Table<R>({ caption, columns, rows, rowKey, showsCaption = false }: Props<R>): JSX.Element {
  return (
    <div className="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table className="table">
        <caption className={showsCaption ? undefined : 'visually-hidden'}>{caption}</caption>
        <thead><tr>{columns.map(({ key, title, isNumber }) => <th key={key} scope="col" className={isNumber ? 'number' : undefined}>{title}</th>)}</tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>{columns.map(({ key, cell, isNumber }) => <td key={key} className={isNumber ? 'number' : undefined}>{cell(row)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

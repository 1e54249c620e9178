// A table of rows that scrolls sideways by itself on small windows. Roles are spelled out: a style sheet may show rows as cards there, and
// browsers forget what a table is when its display changes.
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
  /** Rows are cards on a phone, the first column their heading. */
  hasCards?: boolean;
}

export function Table<R>({ caption, columns, rows, rowKey, showsCaption = false, hasCards = false }: Props<R>): JSX.Element {
  return (
    <div className={`table-frame${hasCards ? ' cards' : ''}`} tabIndex={0} role="region" aria-label={caption}>
      <table className="table" role="table">
        <caption className={showsCaption ? undefined : 'visually-hidden'}>{caption}</caption>
        <thead role="rowgroup"><tr role="row">{columns.map(({ key, title, isNumber }) => <th key={key} scope="col" role="columnheader" className={isNumber ? 'number' : undefined}>{title}</th>)}</tr></thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map(({ key, title, cell, isNumber }) => (
                <td key={key} role="cell" data-label={typeof title === 'string' ? title : undefined} className={isNumber ? 'number' : undefined}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

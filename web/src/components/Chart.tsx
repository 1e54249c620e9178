// Bars or a line in SVG, with the same figures as a table behind it.
import { useEffect, useState } from 'react';
import { commonStrings } from '../i18n/tables/common';
import { Table } from './Table';

export interface Point { label: string; value: number }

interface Props {
  title: string;
  points: readonly Point[];
  format: (value: number) => string;
  /** Shorter, for the axis. */
  axis?: (value: number) => string;
  /** Heads of the table's columns. */
  heads: readonly [string, string];
  kind?: 'bars' | 'line';
}

/** The next of 1, 2, 5 × 10ⁿ that four steps of reach the largest value. */
export function niceStep(largest: number): number {
  if (largest <= 0) return 1;
  const raw = largest / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= raw) ?? raw;
  return Math.max(step, 1);
}

// Drawn in the size it is shown in, more or less: letters keep theirs.
const wide = { width: 720, height: 240, left: 72, labels: 8 };
const narrow = { width: 340, height: 210, left: 48, labels: 4 };
const query = '(max-width: 640px)';

function useSize(): typeof wide {
  const [isNarrow, setNarrow] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = (): void => setNarrow(media.matches);
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, []);
  return isNarrow ? narrow : wide;
}

export function Chart({ title, points, format, axis = format, heads, kind = 'bars' }: Props): JSX.Element {
  const words = commonStrings();
  const { width, height, left, labels } = useSize();
  const inset = { left, right: 8, top: 12, bottom: 28 };
  const step = niceStep(Math.max(0, ...points.map(({ value }) => value)));
  const top = step * Math.max(1, Math.ceil(Math.max(0, ...points.map(({ value }) => value)) / step));
  const inner = { width: width - inset.left - inset.right, height: height - inset.top - inset.bottom };
  const y = (value: number): number => inset.top + inner.height * (1 - value / top);
  const slot = inner.width / Math.max(1, points.length);
  const x = (index: number): number => inset.left + slot * (index + 0.5);
  const every = Math.max(1, Math.ceil(points.length / labels));
  const line = points.map(({ value }, index) => `${index ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join('');
  return (
    <figure className="stack-s">
      <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title}>
        {Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step).map((value) => (
          <g key={value}><line className="grid" x1={inset.left} x2={width - inset.right} y1={y(value)} y2={y(value)} /><text x={inset.left - 8} y={y(value) + 4} textAnchor="end">{axis(value)}</text></g>
        ))}
        {kind === 'line' && points.length > 0 && <path className="area" d={`${line}L${x(points.length - 1)} ${y(0)}L${x(0)} ${y(0)}Z`} />}
        {kind === 'line' && <path className="line" d={line} />}
        {points.map(({ label, value }, index) => (
          <g key={label}>
            {kind === 'bars' && <rect className="bar" x={x(index) - Math.min(slot * 0.35, 24)} width={Math.min(slot * 0.7, 48)} y={y(value)} height={Math.max(0, y(0) - y(value))} rx="3"><title>{`${label}: ${format(value)}`}</title></rect>}
            {index % every === 0 && <text x={x(index)} y={height - 8} textAnchor="middle">{label}</text>}
          </g>
        ))}
      </svg>
      <details className="chart-table">
        <summary>{words.chartTable}</summary>
        <Table
          caption={title} rows={points} rowKey={({ label }) => label}
          columns={[{ key: 'label', title: heads[0], cell: ({ label }) => label }, { key: 'value', title: heads[1], cell: ({ value }) => format(value), isNumber: true }]}
        />
      </details>
    </figure>
  );
}

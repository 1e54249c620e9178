// Sections of a hall in fields, with totals and the drawn hall beside them.
import { useDeferredValue, useMemo } from 'react';
import { Button } from '../../../components/Button';
import { Money } from '../../../components/values';
import { count } from '../../../i18n/format';
import { useLanguage } from '../../../i18n/language';
import { SeatMap } from '../../../seatmap';
import { adminStrings } from '../words';
import { emptySection, type Fault, faultsOf, fullHouse, hallOf, type SectionDraft, seatsOf, totalSeats } from './layoutDraft';

interface Props { sections: SectionDraft[]; onChange: (sections: SectionDraft[]) => void; showsFaults: boolean }

const fields = [['name', 'section'], ['rows', 'rows'], ['seatsPerRow', 'perRow'], ['startRow', 'startRow'], ['price', 'price']] as const;
const faultOf: Record<(typeof fields)[number][0], Fault> = { name: 'name', rows: 'rows', seatsPerRow: 'perRow', startRow: 'startRow', price: 'price' };

export function LayoutEditor({ sections, onChange, showsFaults }: Props): JSX.Element {
  const text = adminStrings().layout;
  const language = useLanguage();
  const faults = useMemo(() => faultsOf(sections), [sections]);
  const change = (index: number, part: Partial<SectionDraft>): void => onChange(sections.map((section, at) => (at === index ? { ...section, ...part } : section)));
  const move = (index: number, by: number): void => {
    const next = [...sections];
    const [moved] = next.splice(index, 1);
    if (moved) next.splice(index + by, 0, moved);
    onChange(next);
  };
  return (
    <div className="stack">
      <p className="soft small">{text.order}</p>
      <ol className="layout-sections">
        {sections.map((section, index) => {
          const wrong = showsFaults ? faults.get(section.key) ?? [] : [];
          return (
            <li key={section.key}>
              <div className="layout-fields">
                {fields.map(([name, word]) => (
                  <label key={name} className={`layout-field ${name}`}>
                    <span>{text[word]}</span>
                    <input
                      className="input" value={section[name]} inputMode={name === 'name' || name === 'startRow' ? undefined : 'numeric'} autoComplete="off"
                      aria-invalid={wrong.includes(faultOf[name]) || undefined} aria-describedby={wrong.length ? `faults-${section.key}` : undefined}
                      onChange={({ target }) => change(index, { [name]: name === 'price' ? target.value.replace(/[,\s]/g, '') : target.value })}
                    />
                  </label>
                ))}
              </div>
              <div className="layout-foot">
                <span className="tabular soft">{count(seatsOf(section), language)} {text.seats}</span>
                <span className="grow" />
                <Button look="quiet" size="small" disabled={index === 0} aria-label={`${section.name || text.section}: ${text.up}`} onClick={() => move(index, -1)}>↑</Button>
                <Button look="quiet" size="small" disabled={index === sections.length - 1} aria-label={`${section.name || text.section}: ${text.down}`} onClick={() => move(index, 1)}>↓</Button>
                <Button look="quiet" size="small" disabled={sections.length === 1} aria-label={text.removeSection(section.name)} onClick={() => onChange(sections.filter((other) => other !== section))}>✕</Button>
              </div>
              {wrong.length > 0 && <p className="problem" id={`faults-${section.key}`}>{wrong.map((fault) => text.faults[fault]).join(' ')}</p>}
            </li>
          );
        })}
      </ol>
      <div className="between">
        <Button look="secondary" size="small" onClick={() => onChange([...sections, emptySection(sections[sections.length - 1])])}>{text.addSection}</Button>
        <p className="tabular" role="status"><strong>{text.sum} {count(totalSeats(sections), language)} {text.seats}</strong> · {text.most} <Money won={fullHouse(sections)} /></p>
      </div>
    </div>
  );
}

/** Drawn behind the typing: a hall of 50,000 seats takes a moment. */
export function LayoutPreview({ sections }: { sections: readonly SectionDraft[] }): JSX.Element {
  const text = adminStrings().layout;
  const language = useLanguage();
  const calm = useDeferredValue(sections);
  const hall = useMemo(() => hallOf(calm), [calm]);
  const states = useMemo(() => new Uint8Array(hall?.count ?? 0), [hall]);
  if (!hall) return <p className="layout-none soft">{text.previewEmpty}</p>;
  return <div className="layout-preview"><SeatMap hall={hall} states={states} language={language} canChoose={false} label={text.preview} /></div>;
}

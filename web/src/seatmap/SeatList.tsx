// The same seats as a list: sections that open, rows under them, a button a seat. For screen readers and for those who like lists better.
import { useState } from 'react';
import type { Hall } from './hall';
import type { Mark } from './seatMapView';
import { AVAILABLE } from './states';
import { stateWord, type MapWords } from './words';

interface Props {
  hall: Hall;
  states: Uint8Array;
  marks: ReadonlyMap<number, Mark>;
  words: MapWords;
  onToggle?: (seat: number) => void;
}

export function SeatList({ hall, states, marks, words, onToggle }: Props) {
  const [open, setOpen] = useState<number | undefined>(hall.sections.length === 1 ? 0 : undefined);
  return (
    <div className="seatlist">
      <p className="seatlist-help">{words.listHelp}</p>
      {hall.sections.map((section) => {
        let free = 0;
        for (let seat = section.first; seat < section.end; seat += 1) if (states[seat] === AVAILABLE) free += 1;
        const isOpen = open === section.index;
        const price = section.lowestPrice === section.highestPrice ? words.won(section.lowestPrice)
          : `${words.won(section.lowestPrice)} – ${words.won(section.highestPrice)}`;
        return (
          <section key={section.index} className="seatlist-section">
            <h3>
              <button type="button" aria-expanded={isOpen} onClick={() => setOpen(isOpen ? undefined : section.index)}>
                <span className="seatlist-name">{section.name}</span>
                <span className="seatlist-price">{price}</span>
                <span className="seatlist-free">{words.seatsOf(free, section.end - section.first)}</span>
              </button>
            </h3>
            {isOpen && <Rows hall={hall} section={section.index} states={states} marks={marks} words={words} onToggle={onToggle} />}
          </section>
        );
      })}
    </div>
  );
}

/** Only rows with seats that one can choose or has chosen, so that a large section stays a list that can be read. */
function Rows({ hall, section, states, marks, words, onToggle }: Props & { section: number }) {
  const { firstRow, endRow } = hall.sections[section]!;
  const rows = hall.rows.slice(firstRow, endRow).map((row) => {
    const seats: number[] = [];
    for (let seat = row.first; seat < row.end; seat += 1) if (states[seat] === AVAILABLE || marks.has(seat)) seats.push(seat);
    return { row, seats };
  }).filter(({ seats }) => seats.length);
  if (!rows.length) return <p className="seatlist-none">{words.sold}</p>;
  return (
    <ul className="seatlist-rows">
      {rows.map(({ row, seats }) => (
        <li key={row.index}>
          <h4>{words.row(row.label)} <small>{words.seatsLeft(seats.length)}</small></h4>
          <div className="seatlist-seats">
            {seats.map((seat) => {
              const mark = marks.get(seat);
              const word = mark === 'chosen' ? words.chosen : mark === 'mine' ? words.mine : mark === 'lost' ? words.lost : stateWord(words, states[seat]!);
              return (
                <button
                  key={seat} type="button" aria-pressed={mark === 'chosen' || mark === 'mine'} disabled={!onToggle || mark === 'mine' || mark === 'lost'}
                  className={`seatlist-seat${mark ? ` is-${mark}` : ''}`} onClick={() => onToggle?.(seat)}
                  aria-label={`${words.seat(hall.sections[section]!.name, row.label, hall.numbers[seat]!)}, ${words.won(hall.prices[seat]!)}, ${word}`}
                >{hall.numbers[seat]}</button>
              );
            })}
          </div>
        </li>
      ))}
    </ul>
  );
}

// The map as a plain object for pages that own their seats' arrays (types.ts): mounts the component in a container and passes changes on.
import { createRef } from 'react';
import { createRoot } from 'react-dom/client';
import { makeHall, type Hall } from './hall';
import { SeatMap, type SeatMapHandle } from './SeatMap';
import type { Mark } from './seatMapView';
import { Mine, type CreateSeatMap, type SeatLayout, type SeatMapModel } from './types';

/** The same seats in the same order, so that an index means the same seat on both sides. */
export function hallOf(layout: SeatLayout): Hall {
  return makeHall(layout.sections.map((section) => ({
    name: section.name,
    rows: section.rows.map((row) => ({
      label: row.label,
      seats: Array.from({ length: row.count }, (_, place) => {
        const seat = row.first + place;
        return { id: layout.ids[seat]!, number: layout.numbers[seat]!, price: layout.prices?.[seat] ?? section.price, x: layout.x?.[seat], y: layout.y?.[seat] };
      }),
    })),
  })));
}

function marksOf(model: SeatMapModel): ReadonlyMap<number, Mark> {
  const marks = new Map<number, Mark>();
  for (const seat of model.selection) marks.set(seat, 'chosen');
  for (const seat of model.lost) marks.set(seat, 'lost');
  model.mine.forEach((mine, seat) => { if (mine !== Mine.none) marks.set(seat, 'mine'); });
  return marks;
}

export const createSeatMap: CreateSeatMap = (container, model, given) => {
  const hall = hallOf(model.layout);
  const root = createRoot(container);
  const handle = createRef<SeatMapHandle>();
  let options = given;
  let isOver = false;
  const render = () => {
    if (isOver) return;
    root.render(
      <SeatMap
        ref={handle} hall={hall} states={model.states} language={options.language} marks={marksOf(model)} canChoose={!options.isReadOnly}
        proposed={options.proposed} onToggle={(seat) => options.onSeat(seat)}
        onView={({ section }) => options.onSection?.(section ?? null)}
      />,
    );
  };
  render();
  return {
    changed(indices) {
      if (indices) for (const seat of indices) handle.current?.change(seat, model.states[seat]!);
      else handle.current?.replace(model.states);
      render();
    },
    setOptions(more) {
      options = { ...options, ...more };
      render();
    },
    showOverview: () => handle.current?.overview(),
    showSection: (section) => handle.current?.showSection(section),
    showSeat: (seat) => {
      handle.current?.showSeats([seat]);
      handle.current?.view?.pulse(seat);
    },
    destroy() {
      isOver = true;
      // React refuses to unmount one tree while it renders another.
      queueMicrotask(() => root.unmount());
    },
  };
};

export default createSeatMap;

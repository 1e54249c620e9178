// What the colours and shapes mean: a colour for each price, a shape for each state, drawn as on the map.
import type { Hall } from './hall';
import { priceColour, themeFor } from './theme';
import type { MapWords } from './words';

interface Props { hall: Hall; words: MapWords; isDark: boolean; hasMine: boolean }

export function SeatLegend({ hall, words, isDark, hasMine }: Props) {
  const theme = themeFor(isDark);
  const names = hall.priceLevels.slice(0, 12).map((price) => {
    const of = hall.sections.filter((section) => section.lowestPrice <= price && section.highestPrice >= price).map((section) => section.name);
    return { price, text: of.length <= 2 ? of.join(', ') : '' };
  });
  return (
    <div className="seatlegend" role="group" aria-label={words.legend}>
      <ul>
        {names.map(({ price, text }, level) => (
          <li key={price}>
            <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><rect x="1.5" y="1.5" width="13" height="13" rx="3" fill={priceColour(theme, level)} /></svg>
            {text && <span className="seatlegend-name">{text}</span>} {words.won(price)}
          </li>
        ))}
      </ul>
      <ul>
        <li><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="5" fill="none" stroke={theme.taken} strokeWidth="1.4" /><circle cx="8" cy="8" r="1.6" fill={theme.taken} /></svg> {words.locked}</li>
        <li><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><rect x="2.5" y="2.5" width="11" height="11" rx="2.5" fill={theme.takenFaint} /><path d="M6 6l4 4M10 6l-4 4" stroke={theme.taken} strokeWidth="1.4" strokeLinecap="round" /></svg> {words.sold}</li>
        {hasMine && <li><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><rect x="0.5" y="0.5" width="15" height="15" rx="3" fill={theme.chosen} /><path d="M4.5 8l2.5 2.8L11.5 5" fill="none" stroke={theme.onChosen} strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" /></svg> {words.chosen}</li>}
        {hasMine && <li><svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 0l8 8-8 8-8-8z" fill={theme.mine} /><path d="M5.5 8l1.8 2L10.5 6" fill="none" stroke={theme.onChosen} strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" /></svg> {words.mine}</li>}
      </ul>
    </div>
  );
}

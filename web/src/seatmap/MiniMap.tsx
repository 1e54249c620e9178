// The hall in small for an event's page: a block a section with its price's colour, filled as far as seats are left. Needs no seat.
import { themeFor } from './theme';
import { priceColour } from './theme';
import type { MapWords } from './words';

export interface MiniSection { name: string; price: number; totalSeats: number; availableSeats: number }

interface Props {
  sections: readonly MiniSection[];
  words: MapWords;
  isDark?: boolean;
  highlighted?: string;
}

const WIDTH = 320;
const GAP = 6;

interface Placed { section: MiniSection; x: number; y: number; width: number; height: number }

/** Sections in the hall's order, wider than deep, side by side while they fit. */
export function placeSections(sections: readonly MiniSection[]): { placed: Placed[]; height: number } {
  const total = Math.max(1, sections.reduce((sum, section) => sum + section.totalSeats, 0));
  const perSeat = (WIDTH * WIDTH * 0.5) / total;
  const placed: Placed[] = [];
  let y = 34;
  let band: Placed[] = [];
  let used = 0;
  const close = () => {
    let x = (WIDTH - (used - GAP)) / 2;
    const height = Math.max(0, ...band.map((one) => one.height));
    for (const one of band) {
      placed.push({ ...one, x, y, height });
      x += one.width + GAP;
    }
    y += height + GAP;
    band = [];
    used = 0;
  };
  for (const section of sections) {
    const area = Math.max(section.totalSeats * perSeat, 900);
    const width = Math.min(WIDTH - 8, Math.max(56, Math.sqrt(area * 2.6)));
    const height = Math.min(120, Math.max(28, area / width));
    if (band.length && used + width > WIDTH) close();
    band.push({ section, x: 0, y: 0, width, height });
    used += width + GAP;
  }
  close();
  return { placed, height: y };
}

export function MiniMap({ sections, words, isDark = false, highlighted }: Props) {
  const theme = themeFor(isDark);
  const levels = [...new Set(sections.map((section) => section.price))].sort((a, b) => b - a);
  const { placed, height } = placeSections(sections);
  const summary = sections.map((section) => `${section.name}: ${words.seatsOf(section.availableSeats, section.totalSeats)}`).join('; ');
  return (
    <svg className="minimap" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={`${words.map}. ${summary}`}>
      <path d={`M${WIDTH * 0.28} 4H${WIDTH * 0.72}V18Q${WIDTH / 2} 28 ${WIDTH * 0.28} 18Z`} fill={theme.stage} />
      <text x={WIDTH / 2} y="17" textAnchor="middle" fontSize="11" fontWeight="600" fill={theme.stageText}>{words.stage}</text>
      {placed.map(({ section, x, y, width, height: tall }) => {
        const colour = priceColour(theme, levels.indexOf(section.price));
        const share = section.totalSeats ? section.availableSeats / section.totalSeats : 0;
        const isBright = highlighted === undefined || highlighted === section.name;
        return (
          <g key={section.name} opacity={isBright ? 1 : 0.35}>
            <rect x={x} y={y} width={width} height={tall} rx="5" fill={theme.section} stroke={theme.sectionLine} />
            <rect x={x} y={y} width={width} height={tall} rx="5" fill={colour} opacity={share > 0 ? 0.16 : 0.05} />
            <rect x={x + 4} y={y + tall - 7} width={(width - 8)} height="3" rx="1.5" fill={theme.takenFaint} />
            <rect x={x + 4} y={y + tall - 7} width={(width - 8) * share} height="3" rx="1.5" fill={colour} />
            <text x={x + width / 2} y={y + tall / 2 + 2} textAnchor="middle" fontSize="13" fontWeight="700" fill={theme.text}>{section.name}</text>
          </g>
        );
      })}
    </svg>
  );
}

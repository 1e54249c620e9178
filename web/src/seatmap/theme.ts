// The map's colours. A price has a colour, a state has a shape: nothing is told by colour alone.

export interface MapTheme {
  readonly isDark: boolean;
  readonly ground: string;
  readonly section: string;
  readonly sectionLine: string;
  readonly stage: string;
  readonly stageText: string;
  readonly text: string;
  readonly textQuiet: string;
  readonly plate: string;
  /** Seats of others: held (outline) and sold (small mark). */
  readonly taken: string;
  readonly takenFaint: string;
  readonly chosen: string;
  readonly onChosen: string;
  readonly mine: string;
  readonly lost: string;
  readonly focus: string;
  readonly onPrice: string;
  readonly prices: readonly string[];
}

// The values of styles/tokens.css; a canvas can't read variables at no cost. Hues stay apart with the common colour deficiencies, each at
// least 3:1 against the section behind it.
const LIGHT: MapTheme = {
  isDark: false, ground: '#f2f0ec', section: '#ffffff', sectionLine: '#d9d4cc', stage: '#2b2833', stageText: '#ffffff',
  text: '#1a1820', textQuiet: '#55505e', plate: 'rgba(255,255,255,0.93)', taken: '#8d8794', takenFaint: '#dedae2',
  chosen: '#1a1820', onChosen: '#ffffff', mine: '#0b6b42', lost: '#b3202c', focus: '#1a1820', onPrice: '#ffffff',
  prices: ['#5536e8', '#0a7f8f', '#b8520a', '#a8327e', '#3f6f16', '#6d5a2f', '#2160c4', '#57606f'],
};

const DARK: MapTheme = {
  isDark: true, ground: '#18161d', section: '#24212c', sectionLine: '#3b3746', stage: '#e9e6f0', stageText: '#1a1820',
  text: '#f3f1f7', textQuiet: '#bbb5c6', plate: 'rgba(28,26,34,0.93)', taken: '#8f889c', takenFaint: '#403b4b',
  chosen: '#ffffff', onChosen: '#161027', mine: '#63d29d', lost: '#ff8d93', focus: '#f3f1f7', onPrice: '#161027',
  prices: ['#a594ff', '#4fc4d3', '#f2a05f', '#ee8ac8', '#9bcf6b', '#cdb681', '#7fb2ff', '#b6bfce'],
};

export function themeFor(isDark: boolean): MapTheme { return isDark ? DARK : LIGHT; }

export function priceColour(theme: MapTheme, level: number): string {
  return theme.prices[level % theme.prices.length]!;
}

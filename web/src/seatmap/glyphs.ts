// Seats as small pictures, drawn once for a size and copied from then on. A shape for each state:
// free = full square in its price's colour, held = open circle with a dot, sold = small cross, chosen = dark square with a tick,
// own = diamond with a tick, lost = square with an exclamation mark.
import { priceColour, type MapTheme } from './theme';

export type Glyph = 'free' | 'locked' | 'sold' | 'chosen' | 'mine' | 'lost';

export class Glyphs {
  readonly #pictures = new Map<string, HTMLCanvasElement>();
  #key = '';

  /** `pitch` in device pixels. Sizes go in steps, so that a zoom makes few pictures; the copy scales the rest. */
  prepare(pitch: number, theme: MapTheme): number {
    const step = Math.max(8, Math.round(2 ** (Math.round(Math.log2(pitch) * 4) / 4)));
    const key = `${step}${theme.isDark ? 'd' : 'l'}`;
    if (key !== this.#key) {
      this.#pictures.clear();
      this.#key = key;
    }
    return step;
  }

  get(glyph: Glyph, level: number, text: string, step: number, theme: MapTheme): HTMLCanvasElement {
    const key = `${glyph}${level}\u0000${text}`;
    let picture = this.#pictures.get(key);
    if (!picture) {
      picture = draw(glyph, level, text, step, theme);
      this.#pictures.set(key, picture);
    }
    return picture;
  }
}

function draw(glyph: Glyph, level: number, text: string, size: number, theme: MapTheme): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  const middle = size / 2;
  const half = size * 0.4;
  const line = Math.max(1, size * 0.07);
  context.lineWidth = line;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  switch (glyph) {
    case 'free':
      context.fillStyle = priceColour(theme, level);
      square(context, middle, half, size * 0.14);
      context.fill();
      if (text) write(context, text, middle, size, theme.onPrice);
      break;
    case 'locked':
      context.strokeStyle = theme.taken;
      context.fillStyle = theme.taken;
      circle(context, middle, half * 0.78);
      context.stroke();
      circle(context, middle, half * 0.24);
      context.fill();
      break;
    case 'sold':
      context.fillStyle = theme.takenFaint;
      square(context, middle, half * 0.86, size * 0.12);
      context.fill();
      context.strokeStyle = theme.taken;
      cross(context, middle, half * 0.38);
      break;
    case 'chosen':
      context.fillStyle = theme.chosen;
      square(context, middle, size * 0.47, size * 0.16);
      context.fill();
      context.strokeStyle = theme.onChosen;
      context.lineWidth = line * 1.5;
      tick(context, middle, half * 0.55);
      break;
    case 'mine':
      context.fillStyle = theme.mine;
      diamond(context, middle, size * 0.5);
      context.fill();
      context.strokeStyle = theme.onChosen;
      context.lineWidth = line * 1.3;
      tick(context, middle, half * 0.4);
      break;
    case 'lost':
      context.strokeStyle = theme.lost;
      context.fillStyle = theme.lost;
      context.lineWidth = line * 1.2;
      context.setLineDash([size * 0.14, size * 0.11]);
      square(context, middle, half, size * 0.14);
      context.stroke();
      write(context, '!', middle, size * 1.5, theme.lost);
      break;
  }
  return canvas;
}

function square(context: CanvasRenderingContext2D, middle: number, half: number, radius: number): void {
  const low = middle - half;
  const high = middle + half;
  context.beginPath();
  context.moveTo(low + radius, low);
  context.arcTo(high, low, high, high, radius);
  context.arcTo(high, high, low, high, radius);
  context.arcTo(low, high, low, low, radius);
  context.arcTo(low, low, high, low, radius);
  context.closePath();
}

function circle(context: CanvasRenderingContext2D, middle: number, radius: number): void {
  context.beginPath();
  context.arc(middle, middle, radius, 0, 2 * Math.PI);
}

function diamond(context: CanvasRenderingContext2D, middle: number, half: number): void {
  context.beginPath();
  context.moveTo(middle, middle - half);
  context.lineTo(middle + half, middle);
  context.lineTo(middle, middle + half);
  context.lineTo(middle - half, middle);
  context.closePath();
}

function cross(context: CanvasRenderingContext2D, middle: number, half: number): void {
  context.beginPath();
  context.moveTo(middle - half, middle - half);
  context.lineTo(middle + half, middle + half);
  context.moveTo(middle + half, middle - half);
  context.lineTo(middle - half, middle + half);
  context.stroke();
}

function tick(context: CanvasRenderingContext2D, middle: number, half: number): void {
  context.beginPath();
  context.moveTo(middle - half, middle);
  context.lineTo(middle - half * 0.25, middle + half * 0.75);
  context.lineTo(middle + half, middle - half * 0.7);
  context.stroke();
}

function write(context: CanvasRenderingContext2D, text: string, middle: number, size: number, colour: string): void {
  context.fillStyle = colour;
  context.font = `600 ${size * (text.length > 2 ? 0.3 : 0.38)}px system-ui, sans-serif`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, middle, middle + size * 0.02);
}

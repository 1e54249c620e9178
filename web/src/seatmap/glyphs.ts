// Seats as small pictures, drawn once for a size and copied from then on. A shape for each state:
// free = full square in its price's colour, held = open circle with a dot, sold = small cross, chosen = dark square with a tick,
// own = diamond with a tick, lost = square with an exclamation mark.
import { priceColour, type MapTheme } from './theme';

export type Glyph = 'free' | 'locked' | 'sold' | 'chosen' | 'mine' | 'lost';

/** Pictures kept at most; a zoom leaves those of other sizes behind. */
const LIMIT = 1500;

export class Glyphs {
  readonly #pictures = new Map<string, CanvasImageSource>();
  #key = '';

  /** `pitch` in device pixels. Pictures have exactly this size: a copy without scaling is several times faster. */
  prepare(pitch: number, theme: MapTheme): number {
    const size = Math.max(8, Math.round(pitch));
    const key = `${size}${theme.isDark ? 'd' : 'l'}`;
    if (key !== this.#key || this.#pictures.size > LIMIT) {
      this.#pictures.clear();
      this.#key = key;
    }
    return size;
  }

  get(glyph: Glyph, level: number, text: string, size: number, theme: MapTheme): CanvasImageSource {
    const key = text ? `${glyph}${level} ${text}` : glyph + level;
    let picture = this.#pictures.get(key);
    if (!picture) {
      picture = draw(glyph, level, text, size, theme);
      this.#pictures.set(key, picture);
    }
    return picture;
  }
}

/** What of it is used here; the compiler's own description of browsers is older than it. */
declare class OffscreenCanvas {
  constructor(width: number, height: number);
  getContext(kind: '2d'): CanvasRenderingContext2D | null;
  transferToImageBitmap(): ImageBitmap;
}

/** As an image that never changes where the browser can make one at once; a canvas is asked for its content at every copy. */
function draw(glyph: Glyph, level: number, text: string, size: number, theme: MapTheme): CanvasImageSource {
  if (typeof OffscreenCanvas !== 'undefined') {
    const canvas = new OffscreenCanvas(size, size);
    const context = canvas.getContext('2d');
    if (context) {
      paint(context, glyph, level, text, size, theme);
      return canvas.transferToImageBitmap();
    }
  }
  const canvas = document.createElement('canvas');
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  if (context) paint(context, glyph, level, text, size, theme);
  return canvas;
}

function paint(context: CanvasRenderingContext2D, glyph: Glyph, level: number, text: string, size: number, theme: MapTheme): void {
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

// Paints one frame of the map: sections as small pictures from afar, seats as shapes from near. Knows no React and no events.
import type { Box, Geometry, Outline } from './geometry';
import { Glyphs } from './glyphs';
import type { Hall } from './hall';
import type { SeatIndex } from './seatIndex';
import { AVAILABLE, LOCKED } from './states';
import { priceColour, type MapTheme } from './theme';
import type { Tiles } from './tiles';
import { visible, type Size, type View } from './viewport';

/** From this many CSS pixels between neighbours on, seats are drawn one by one. */
export const DIRECT_FROM = 9;
/** From this on as pictures; below as squares, full, hollow or small: thousands of them are in sight, and a rectangle costs a tenth of a copy. */
const SHAPES_FROM = 20;
const NUMBERS_FROM = 25;
const ROW_LABELS_FROM = 12;
const FONT = 'system-ui, -apple-system, "Noto Sans KR", "Nanum Gothic", sans-serif';

export interface Scene {
  readonly hall: Hall;
  readonly geometry: Geometry;
  readonly index: SeatIndex;
  readonly states: Uint8Array;
  readonly tiles: Tiles;
  readonly free: Uint32Array;
  readonly marks: ReadonlyMap<number, 'chosen' | 'mine' | 'lost'>;
  readonly proposed: ReadonlySet<number>;
  /** Seats that changed just now, with the time. */
  readonly pulses: ReadonlyMap<number, number>;
  readonly focus: number | undefined;
  readonly hover: number | undefined;
  readonly words: { stage: string; seatsLeft: (count: number) => string };
}

export class Painter {
  readonly #glyphs = new Glyphs();

  constructor(private readonly context: CanvasRenderingContext2D, public theme: MapTheme) {}

  paint(scene: Scene, view: View, size: Size, ratio: number, now: number): void {
    const { context, theme } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, size.width, size.height);
    const area = visible(view, size, 1);
    const inWorld = () => context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    inWorld();
    this.#stage(scene, view.scale);
    for (const outline of scene.geometry.outlines) if (overlaps(outline, area)) this.#outline(outline, view.scale);
    const isDirect = view.scale >= DIRECT_FROM;
    if (isDirect) {
      context.setTransform(1, 0, 0, 1, 0, 0);
      this.#seats(scene, view, area, ratio);
    } else {
      context.imageSmoothingEnabled = true;
      scene.geometry.outlines.forEach((outline, section) => { if (overlaps(outline, area)) scene.tiles.draw(context, section); });
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#marks(scene, view, area, ratio, now, isDirect);
    if (isDirect) {
      this.#rowLabels(scene, view, size, area);
      this.#sectionTitles(scene, view, area);
    } else {
      this.#sectionPlates(scene, view, area);
    }
  }

  #stage({ geometry: { stage }, words }: Scene, scale: number): void {
    const { context, theme } = this;
    const height = stage.bottom - stage.top;
    context.fillStyle = theme.stage;
    context.beginPath();
    context.moveTo(stage.left, stage.top);
    context.lineTo(stage.right, stage.top);
    context.lineTo(stage.right, stage.bottom - height * 0.4);
    context.quadraticCurveTo((stage.left + stage.right) / 2, stage.bottom + height * 0.4, stage.left, stage.bottom - height * 0.4);
    context.closePath();
    context.fill();
    if (height * scale < 9) return;
    context.fillStyle = theme.stageText;
    context.font = `600 ${Math.min(height * 0.5, 16 / scale)}px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(words.stage, (stage.left + stage.right) / 2, stage.top + height * 0.47);
  }

  /** A parabola is exactly what a quadratic curve draws. */
  #outline(outline: Outline, scale: number): void {
    const { context, theme } = this;
    const { left, right, top, bottom, bend } = outline;
    const control = -bend * left * right;
    context.fillStyle = theme.section;
    context.strokeStyle = theme.sectionLine;
    context.lineWidth = 1 / scale;
    context.beginPath();
    context.moveTo(left, top - bend * left * left);
    context.quadraticCurveTo((left + right) / 2, top + control, right, top - bend * right * right);
    context.lineTo(right, bottom - bend * right * right);
    context.quadraticCurveTo((left + right) / 2, bottom + control, left, bottom - bend * left * left);
    context.closePath();
    context.fill();
    context.stroke();
  }

  #seats(scene: Scene, view: View, area: Box, ratio: number): void {
    const { context, theme } = this;
    const { hall, geometry, index, states } = scene;
    const pitch = view.scale * ratio;
    const left = view.x * ratio;
    const top = view.y * ratio;
    if (view.scale < SHAPES_FROM) return this.#squares(scene, pitch, left, top, area);
    const size = this.#glyphs.prepare(pitch, theme);
    const hasNumbers = view.scale >= NUMBERS_FROM;
    const locked = this.#glyphs.get('locked', 0, '', size, theme);
    const sold = this.#glyphs.get('sold', 0, '', size, theme);
    const free = hall.priceLevels.map((_, level) => this.#glyphs.get('free', level, '', size, theme));
    context.imageSmoothingEnabled = false;
    index.visit(area, (seat) => {
      const state = states[seat];
      const picture = state === LOCKED ? locked : state !== AVAILABLE ? sold
        : hasNumbers ? this.#glyphs.get('free', hall.level[seat]!, hall.numbers[seat]!, size, theme) : free[hall.level[seat]!]!;
      context.drawImage(picture, Math.round(geometry.x[seat]! * pitch + left - size / 2), Math.round(geometry.y[seat]! * pitch + top - size / 2));
    });
    context.imageSmoothingEnabled = true;
  }

  #squares({ hall, geometry, index, states }: Scene, pitch: number, left: number, top: number, area: Box): void {
    const { context, theme } = this;
    const groups = new Map<number, number[]>();
    index.visit(area, (seat) => {
      const key = states[seat] === AVAILABLE ? hall.level[seat]! : states[seat] === LOCKED ? -1 : -2;
      const group = groups.get(key);
      if (group) group.push(seat); else groups.set(key, [seat]);
    });
    for (const [key, seats] of groups) {
      const side = Math.round(pitch * (key >= 0 ? 0.8 : key === -1 ? 0.62 : 0.4));
      const fill = (colour: string, by: number) => {
        context.fillStyle = colour;
        for (const seat of seats) {
          context.fillRect(
            Math.round(geometry.x[seat]! * pitch + left - side / 2) + by, Math.round(geometry.y[seat]! * pitch + top - side / 2) + by, side - 2 * by, side - 2 * by);
        }
      };
      fill(key >= 0 ? priceColour(theme, key) : key === -1 ? theme.taken : theme.takenFaint, 0);
      if (key === -1) fill(theme.section, Math.max(1, Math.round(pitch * 0.12)));
    }
  }

  /** What is drawn over the seats, from afar at a size that can still be seen. */
  #marks(scene: Scene, view: View, area: Box, ratio: number, now: number, isDirect: boolean): void {
    const { context, theme } = this;
    const { geometry } = scene;
    const inSight = (seat: number) => geometry.x[seat]! >= area.left && geometry.x[seat]! <= area.right
      && geometry.y[seat]! >= area.top && geometry.y[seat]! <= area.bottom;
    const place = (seat: number) => [geometry.x[seat]! * view.scale + view.x, geometry.y[seat]! * view.scale + view.y] as const;
    const side = Math.max(view.scale, 13);
    const size = this.#glyphs.prepare((isDirect ? view.scale : side) * ratio, theme);
    for (const [seat, mark] of scene.marks) {
      if (!inSight(seat)) continue;
      const [x, y] = place(seat);
      if (isDirect) {
        context.fillStyle = theme.section;
        context.fillRect(x - view.scale * 0.46, y - view.scale * 0.46, view.scale * 0.92, view.scale * 0.92);
      }
      context.drawImage(this.#glyphs.get(mark, 0, '', size, theme), x - side / 2, y - side / 2, side, side);
    }
    for (const seat of scene.proposed) if (inSight(seat)) this.#ring(place(seat), Math.max(view.scale, 10) * 0.5, theme.chosen, 2, [3, 2]);
    if (isDirect) {
      for (const [seat, since] of scene.pulses) {
        const age = (now - since) / 700;
        if (age < 0 || age >= 1 || !inSight(seat)) continue;
        context.globalAlpha = 1 - age;
        this.#ring(place(seat), view.scale * (0.45 + 0.5 * age), theme.mine, 2);
        context.globalAlpha = 1;
      }
    }
    if (scene.hover !== undefined && inSight(scene.hover)) this.#ring(place(scene.hover), Math.max(view.scale, 8) * 0.5, theme.text, 2);
    if (scene.focus !== undefined && inSight(scene.focus)) {
      const radius = Math.max(view.scale, 12) * 0.56;
      this.#ring(place(scene.focus), radius + 1.5, theme.section, 5);
      this.#ring(place(scene.focus), radius + 1, theme.focus, 3);
    }
  }

  #ring([x, y]: readonly [number, number], half: number, colour: string, width: number, dash: number[] = []): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash);
    context.strokeRect(x - half, y - half, 2 * half, 2 * half);
    context.setLineDash([]);
  }

  /** Beside the row's first seat in sight, so that they stay readable wherever one looks. */
  #rowLabels({ hall, geometry }: Scene, view: View, size: Size, area: Box): void {
    if (view.scale < ROW_LABELS_FROM) return;
    const { context, theme } = this;
    context.font = `600 ${Math.min(13, view.scale * 0.62)}px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const row of hall.rows) {
      if (row.end === row.first) continue;
      const last = row.end - 1;
      const low = Math.min(geometry.x[row.first]!, geometry.x[last]!);
      const high = Math.max(geometry.x[row.first]!, geometry.x[last]!);
      if (high < area.left || low > area.right) continue;
      const x = (low - 1.05) * view.scale + view.x;
      const held = Math.max(x, 14);
      const worldX = (held - view.x) / view.scale;
      if (worldX > high) continue;
      const flat = geometry.y[row.first]! + geometry.bend * geometry.x[row.first]! ** 2;
      const y = (flat - geometry.bend * worldX ** 2) * view.scale + view.y;
      if (y < 0 || y > size.height) continue;
      if (held !== x) {
        context.fillStyle = theme.plate;
        context.fillRect(held - 13, y - view.scale * 0.45, 26, view.scale * 0.9);
      }
      context.fillStyle = theme.textQuiet;
      context.fillText(row.label, held, y);
    }
  }

  #sectionTitles({ hall, geometry }: Scene, view: View, area: Box): void {
    const { context, theme } = this;
    context.textAlign = 'center';
    context.textBaseline = 'bottom';
    context.fillStyle = theme.text;
    for (const section of hall.sections) {
      const outline = geometry.outlines[section.index]!;
      if (!overlaps(outline, area) || section.end === section.first) continue;
      const middle = (Math.max(outline.left, area.left) + Math.min(outline.right, area.right)) / 2;
      context.font = `700 ${Math.min(18, view.scale * 1.1)}px ${FONT}`;
      context.fillText(section.name, middle * view.scale + view.x, (outline.top - outline.bend * middle ** 2) * view.scale + view.y - 4);
    }
  }

  /** Name and seats left, on a plate in the middle of the section, as much of it as there is room for. */
  #sectionPlates({ hall, geometry, free, words }: Scene, view: View, area: Box): void {
    const { context, theme } = this;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const section of hall.sections) {
      const outline = geometry.outlines[section.index]!;
      if (!overlaps(outline, area) || section.end === section.first) continue;
      const width = (outline.right - outline.left) * view.scale - 4;
      const height = (outline.bottom - outline.top) * view.scale - 2;
      const font = Math.max(10, Math.min(14, height * 0.4));
      if (height < 13) continue;
      context.font = `700 ${font}px ${FONT}`;
      const name = context.measureText(section.name).width;
      if (name + 10 > width) continue;
      const middle = (outline.left + outline.right) / 2;
      const x = middle * view.scale + view.x;
      const y = ((outline.top + outline.bottom) / 2 - outline.bend * middle ** 2) * view.scale + view.y;
      const left = words.seatsLeft(free[section.index]!);
      context.font = `500 ${font * 0.85}px ${FONT}`;
      const second = context.measureText(left).width;
      const hasSecond = height > font * 2.9 && second + 12 < width;
      const plate = Math.max(name * 1.04, hasSecond ? second : 0) + 14;
      const plateHeight = hasSecond ? font * 2.55 : font * 1.5;
      context.fillStyle = theme.plate;
      rounded(context, x - plate / 2, y - plateHeight / 2, plate, plateHeight, 5);
      context.fillStyle = theme.text;
      context.font = `700 ${font}px ${FONT}`;
      context.fillText(section.name, x, hasSecond ? y - font * 0.55 : y);
      if (!hasSecond) continue;
      context.fillStyle = theme.textQuiet;
      context.font = `500 ${font * 0.85}px ${FONT}`;
      context.fillText(left, x, y + font * 0.62);
    }
  }
}

function rounded(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, radius: number): void {
  context.beginPath();
  context.moveTo(x + radius, y);
  context.arcTo(x + width, y, x + width, y + height, radius);
  context.arcTo(x + width, y + height, x, y + height, radius);
  context.arcTo(x, y + height, x, y, radius);
  context.arcTo(x, y, x + width, y, radius);
  context.fill();
}

function overlaps(outline: Outline, area: Box): boolean {
  const ends = outline.bend * Math.max(outline.left ** 2, outline.right ** 2);
  return outline.right > area.left && outline.left < area.right && outline.bottom > area.top && outline.top - ends < area.bottom;
}

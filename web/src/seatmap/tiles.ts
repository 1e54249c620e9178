// The overview: every section as a small picture, a few pixels a seat, repainted seat by seat as states change.
import { boxOf, type Box, type Geometry } from './geometry';
import type { Hall } from './hall';
import { AVAILABLE, LOCKED } from './states';
import { priceColour, type MapTheme } from './theme';

/** Pixels between two neighbours in a picture; fewer where a section would be a picture too large. */
const RESOLUTION = 6;
const LARGEST_SIDE = 3000;

interface Tile {
  readonly box: Box;
  readonly resolution: number;
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
}

export class Tiles {
  #tiles: (Tile | undefined)[] = [];

  constructor(private readonly hall: Hall, private readonly geometry: Geometry, private readonly states: Uint8Array, private theme: MapTheme) {}

  /** Pictures are made when they are first seen. */
  #tile(section: number): Tile | undefined {
    const known = this.#tiles[section];
    if (known) return known;
    const box = boxOf(this.geometry.outlines[section]!);
    const width = box.right - box.left;
    const height = box.bottom - box.top;
    if (width <= 0 || height <= 0) return undefined;
    const resolution = Math.min(RESOLUTION, LARGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(width * resolution);
    canvas.height = Math.ceil(height * resolution);
    const context = canvas.getContext('2d');
    if (!context) return undefined;
    const tile = { box, resolution, canvas, context };
    this.#tiles[section] = tile;
    this.#paintAll(section, tile);
    return tile;
  }

  /** One pass for each colour: setting a colour costs more than a seat. */
  #paintAll(section: number, tile: Tile): void {
    const { first, end } = this.hall.sections[section]!;
    const groups = new Map<string, number[]>();
    for (let seat = first; seat < end; seat += 1) {
      const colour = this.#colour(seat);
      const group = groups.get(colour);
      if (group) group.push(seat); else groups.set(colour, [seat]);
    }
    for (const [colour, seats] of groups) {
      tile.context.fillStyle = colour;
      for (const seat of seats) this.#fill(tile, seat);
    }
  }

  #colour(seat: number): string {
    const state = this.states[seat];
    if (state === AVAILABLE) return priceColour(this.theme, this.hall.level[seat]!);
    return state === LOCKED ? this.theme.taken : this.theme.takenFaint;
  }

  /** Free seats fill their place, held ones less, sold ones are a speck. */
  #fill(tile: Tile, seat: number): void {
    const size = tile.resolution * (this.states[seat] === AVAILABLE ? 0.8 : this.states[seat] === LOCKED ? 0.6 : 0.5);
    const x = (this.geometry.x[seat]! - tile.box.left) * tile.resolution;
    const y = (this.geometry.y[seat]! - tile.box.top) * tile.resolution;
    tile.context.fillRect(x - size / 2, y - size / 2, size, size);
  }

  /** A seat has another state: only its own few pixels change. */
  repaint(seat: number): void {
    const tile = this.#tiles[this.hall.sectionOf[seat]!];
    if (!tile) return;
    const reach = tile.resolution * 0.5;
    const x = (this.geometry.x[seat]! - tile.box.left) * tile.resolution;
    const y = (this.geometry.y[seat]! - tile.box.top) * tile.resolution;
    tile.context.clearRect(Math.floor(x - reach), Math.floor(y - reach), Math.ceil(2 * reach), Math.ceil(2 * reach));
    tile.context.fillStyle = this.#colour(seat);
    this.#fill(tile, seat);
  }

  /** New colours, new pictures. */
  forget(theme: MapTheme): void {
    this.theme = theme;
    for (const tile of this.#tiles) if (tile) tile.canvas.width = 0;
    this.#tiles = [];
  }

  /** Into a context whose unit is the world's. */
  draw(context: CanvasRenderingContext2D, section: number): void {
    const tile = this.#tile(section);
    if (!tile) return;
    const { box, resolution, canvas } = tile;
    context.drawImage(canvas, box.left, box.top, canvas.width / resolution, canvas.height / resolution);
  }

  /** Bytes of all pictures. */
  get memory(): number {
    return this.#tiles.reduce((sum, tile) => sum + (tile ? tile.canvas.width * tile.canvas.height * 4 : 0), 0);
  }
}

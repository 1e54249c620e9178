// The seat map on the screen: owns the canvas, the part of the hall in sight and what is marked. Everything is painted once a frame at most,
// however many changes arrive; React only mounts it.
import { arrange, isInside, type Geometry } from './geometry';
import { listenForGestures } from './gestures';
import type { Hall } from './hall';
import { DIRECT_FROM, Painter, type Scene } from './painter';
import { entry, stepFrom, type Step } from './roving';
import { SeatIndex } from './seatIndex';
import { AVAILABLE } from './states';
import type { MapTheme } from './theme';
import { Tiles } from './tiles';
import { between, centredOn, clamped, fit, revealing, zoomAt, type Size, type View } from './viewport';

export interface SeatMapEvents {
  /** The buyer wants this seat chosen or not chosen. */
  onToggle?(seat: number): void;
  /** The keyboard came to a seat. */
  onFocus?(seat: number): void;
  /** The pointer is over a seat, at these pixels; undefined when over none. */
  onHover?(seat: number | undefined, x: number, y: number): void;
  /** What is in sight changed. */
  onView?(view: { isOverview: boolean; section: number | undefined }): void;
}

export interface SeatMapOptions extends SeatMapEvents {
  theme: MapTheme;
  words: Scene['words'];
  /** No movement of ours: the map jumps. */
  reducedMotion?: boolean;
}

export type Mark = 'chosen' | 'mine' | 'lost';

/** Seats this large can be hit with a pointer, and with a finger. */
const HIT = { fine: 14, coarse: 24 };
const STEP_SCALE = 26;

export class SeatMapView {
  readonly geometry: Geometry;
  readonly canvas: HTMLCanvasElement;
  readonly #index: SeatIndex;
  readonly #states: Uint8Array;
  readonly #tiles: Tiles;
  readonly #painter: Painter;
  readonly #free: Uint32Array;
  readonly #marks = new Map<number, Mark>();
  readonly #pending = new Map<number, number>();
  readonly #pulses = new Map<number, number>();
  readonly #stopListening: () => void;
  readonly #observer: ResizeObserver;
  #proposed: ReadonlySet<number> = new Set();
  #size: Size = { width: 1, height: 1 };
  #ratio = 1;
  #view: View = { scale: 1, x: 0, y: 0 };
  #home: View = this.#view;
  #frame = 0;
  #isDirty = true;
  #isFitted = true;
  #motion: { from: View; to: View; start: number; length: number } | undefined;
  #glide: { vx: number; vy: number; at: number } | undefined;
  #focus: number | undefined;
  #isFocusShown = false;
  #hover: number | undefined;
  #told = '';
  #words: Scene['words'];
  /** Seats can be chosen; otherwise they are only looked at. */
  canChoose = true;

  constructor(private readonly host: HTMLElement, readonly hall: Hall, states: Uint8Array, private readonly options: SeatMapOptions) {
    this.#words = options.words;
    this.geometry = arrange(hall);
    this.#states = states.slice();
    this.#index = new SeatIndex(this.geometry);
    this.#tiles = new Tiles(hall, this.geometry, this.#states, options.theme);
    this.#free = new Uint32Array(hall.sections.length);
    this.#count();
    this.canvas = document.createElement('canvas');
    this.canvas.setAttribute('aria-hidden', 'true');
    Object.assign(this.canvas.style, { display: 'block', width: '100%', height: '100%', touchAction: 'none' });
    host.append(this.canvas);
    const context = this.canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('no canvas in this browser');
    this.#painter = new Painter(context, options.theme);
    this.#stopListening = listenForGestures(this.canvas, {
      pan: (dx, dy) => this.#move({ ...this.#view, x: this.#view.x + dx, y: this.#view.y + dy }),
      zoom: (factor, x, y) => this.#move(zoomAt(this.#view, factor, x, y, this.#home.scale * 0.8)),
      tap: (x, y, isCoarse) => this.#tap(x, y, isCoarse),
      hover: (x, y) => this.#hovering(x, y),
      fling: (vx, vy) => { if (!options.reducedMotion) this.#glide = { vx, vy, at: performance.now() }; this.#request(); },
      stop: () => { this.#motion = undefined; this.#glide = undefined; },
    });
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(host);
    this.#resize();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#stopListening();
    this.#observer.disconnect();
    this.#tiles.forget(this.#painter.theme);
    this.canvas.width = 0;
    this.canvas.remove();
  }

  // What is shown

  get states(): Uint8Array { this.#apply(0); return this.#states; }
  get freeBySection(): Uint32Array { return this.#free; }
  get isOverview(): boolean { return this.#view.scale < DIRECT_FROM; }
  get scale(): number { return this.#view.scale; }
  /** Bytes of the pictures and the canvas. */
  get memory(): number { return this.#tiles.memory + this.canvas.width * this.canvas.height * 4; }

  /** Changes are gathered and shown with the next frame; the last one for a seat counts. */
  change(seat: number, state: number): void {
    if (seat < 0 || seat >= this.hall.count) return;
    this.#pending.set(seat, state);
    this.#request();
  }

  /** A whole new snapshot: only what differs is touched. */
  replace(states: Uint8Array): void {
    this.#pending.clear();
    for (let seat = 0; seat < states.length; seat += 1) if (states[seat] !== this.#states[seat]) this.#pending.set(seat, states[seat]!);
    if (this.#pending.size) this.#request();
  }

  mark(marks: Iterable<readonly [number, Mark]>): void {
    this.#marks.clear();
    for (const [seat, mark] of marks) this.#marks.set(seat, mark);
    this.#request();
  }

  propose(seats: Iterable<number>): void {
    this.#proposed = new Set(seats);
    this.#request();
  }

  /** Draws the eye to a seat for a moment. */
  pulse(seat: number): void {
    this.#pulses.set(seat, performance.now() + 250);
    this.#request();
  }

  setTheme(theme: MapTheme): void {
    this.#painter.theme = theme;
    this.#tiles.forget(theme);
    this.#request();
  }

  setWords(words: Scene['words']): void {
    this.#words = words;
    this.#request();
  }

  // Where to look

  overview(): void { this.#isFitted = true; this.#animate(this.#home); }

  zoom(factor: number): void {
    const from = this.#motion?.to ?? this.#view;
    this.#isFitted = false;
    this.#animate(clamped(zoomAt(from, factor, this.#size.width / 2, this.#size.height / 2, this.#home.scale * 0.8), this.geometry.bounds, this.#size));
  }

  showSection(section: number): void {
    const outline = this.geometry.outlines[section];
    if (!outline) return;
    this.#isFitted = false;
    const middle = (outline.left + outline.right) / 2;
    const target = fit({ left: outline.left, right: outline.right, top: outline.top - outline.bend * middle ** 2, bottom: outline.bottom - outline.bend * middle ** 2 }, this.#size, 20, 40);
    if (target.scale >= HIT.fine) return this.#animate(target);
    // Too wide to be shown whole in a size that can be chosen from: its middle, at the front.
    const scale = Math.max(target.scale, 18);
    const y = outline.top - outline.bend * middle ** 2 + this.#size.height / 2 / scale - 2;
    this.#animate(clamped(centredOn(this.#view, this.#size, middle, Math.min(y, (outline.top + outline.bottom) / 2 + 1), scale), this.geometry.bounds, this.#size));
  }

  showSeats(seats: readonly number[]): void {
    if (!seats.length) return;
    this.#isFitted = false;
    let x = 0;
    let y = 0;
    for (const seat of seats) {
      x += this.geometry.x[seat]! / seats.length;
      y += this.geometry.y[seat]! / seats.length;
    }
    this.#animate(clamped(centredOn(this.#view, this.#size, x, y, Math.max(this.#view.scale, STEP_SCALE)), this.geometry.bounds, this.#size));
  }

  // The keyboard

  get focused(): number | undefined { return this.#focus; }

  /** The ring is drawn only while the map has the keyboard. */
  showFocus(isShown: boolean): void {
    this.#isFocusShown = isShown;
    if (isShown && this.#focus === undefined) this.focusSeat(this.#firstSeat(), false);
    this.#request();
  }

  #firstSeat(): number {
    for (const section of this.hall.sections) {
      const seat = entry(this.hall, this.#states, section.index);
      if (seat !== undefined && this.#states[seat] === AVAILABLE) return seat;
    }
    return 0;
  }

  focusSeat(seat: number, isRevealed = true): void {
    if (seat >= this.hall.count) return;
    this.#focus = seat;
    if (isRevealed) this.#reveal(seat);
    this.options.onFocus?.(seat);
    this.#request();
  }

  step(step: Step): void {
    const from = this.#focus ?? this.#firstSeat();
    this.focusSeat(this.#focus === undefined ? from : stepFrom(this.hall, this.geometry, this.states, from, step));
  }

  #reveal(seat: number): void {
    const x = this.geometry.x[seat]!;
    const y = this.geometry.y[seat]!;
    const from = this.#motion?.to ?? this.#view;
    const next = from.scale < HIT.fine ? centredOn(from, this.#size, x, y, STEP_SCALE) : revealing(from, this.#size, x, y, 60);
    if (next === from) return;
    this.#isFitted = false;
    this.#animate(clamped(next, this.geometry.bounds, this.#size));
  }

  // Pointers

  #seatAt(x: number, y: number, reach: number): number | undefined {
    const worldX = (x - this.#view.x) / this.#view.scale;
    const worldY = (y - this.#view.y) / this.#view.scale;
    // Rows stand further apart than neighbours: half of their diagonal leaves no gap between seats.
    return this.#index.nearest(worldX, worldY, Math.max(0.76, reach / this.#view.scale));
  }

  #tap(x: number, y: number, isCoarse: boolean): void {
    const least = isCoarse ? HIT.coarse : HIT.fine;
    const worldX = (x - this.#view.x) / this.#view.scale;
    const worldY = (y - this.#view.y) / this.#view.scale;
    if (this.#view.scale < least * 0.85) {
      const seat = this.#seatAt(x, y, 0);
      const section = this.geometry.outlines.findIndex((outline) => isInside(outline, worldX, worldY));
      if (seat === undefined && section < 0) return;
      // From afar a press brings the place near; from near it chooses.
      this.#isFitted = false;
      this.#animate(clamped(zoomAt(this.#view, Math.max(STEP_SCALE, least * 1.15) / this.#view.scale, x, y, 0), this.geometry.bounds, this.#size));
      return;
    }
    const seat = this.#seatAt(x, y, 0);
    if (seat === undefined) return;
    this.#focus = seat;
    this.#request();
    if (this.canChoose) this.options.onToggle?.(seat);
  }

  #hovering(x: number | undefined, y: number): void {
    const seat = x === undefined || this.#view.scale < DIRECT_FROM ? undefined : this.#seatAt(x, y, 0);
    if (seat === this.#hover) return;
    this.#hover = seat;
    this.canvas.style.cursor = seat !== undefined && this.canChoose && this.#states[seat] === AVAILABLE ? 'pointer' : 'grab';
    if (seat === undefined) this.options.onHover?.(undefined, 0, 0);
    else this.options.onHover?.(seat, this.geometry.x[seat]! * this.#view.scale + this.#view.x, this.geometry.y[seat]! * this.#view.scale + this.#view.y);
    this.#request();
  }

  // Frames

  #move(view: View): void {
    this.#motion = undefined;
    this.#isFitted = false;
    this.#view = clamped(view, this.geometry.bounds, this.#size);
    this.#request();
  }

  #animate(to: View): void {
    this.#glide = undefined;
    if (this.options.reducedMotion) {
      this.#view = to;
      this.#motion = undefined;
    } else {
      this.#motion = { from: this.#view, to, start: performance.now(), length: 240 };
    }
    this.#request();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const old = this.#size;
    if (old.width === width && old.height === height && this.#ratio === ratio && this.canvas.width) return;
    this.#size = { width, height };
    this.#ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.#home = clamped(fit(this.geometry.bounds, this.#size, 8, 40), this.geometry.bounds, this.#size);
    this.#motion = undefined;
    this.#view = this.#isFitted ? this.#home
      : clamped({ ...this.#view, x: this.#view.x + (width - old.width) / 2, y: this.#view.y + (height - old.height) / 2 }, this.geometry.bounds, this.#size);
    // At once: a canvas that was resized is empty until it is painted.
    this.#paint(performance.now());
  }

  #request(): void {
    this.#isDirty = true;
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  #tick(now: number): void {
    this.#frame = 0;
    this.#apply(now);
    if (this.#motion) {
      const part = Math.max(0, (now - this.#motion.start) / this.#motion.length);
      const eased = 1 - (1 - Math.min(1, part)) ** 3;
      this.#view = between(this.#motion.from, this.#motion.to, eased, this.#size);
      if (part >= 1) this.#motion = undefined;
      this.#isDirty = true;
    }
    if (this.#glide) {
      const elapsed = Math.min(50, Math.max(0, now - this.#glide.at));
      const decay = Math.exp(-elapsed / 180);
      this.#view = clamped({ ...this.#view, x: this.#view.x + this.#glide.vx * elapsed, y: this.#view.y + this.#glide.vy * elapsed }, this.geometry.bounds, this.#size);
      this.#glide = Math.hypot(this.#glide.vx, this.#glide.vy) * decay < 0.02 ? undefined : { vx: this.#glide.vx * decay, vy: this.#glide.vy * decay, at: now };
      this.#isDirty = true;
    }
    if (this.#isDirty) this.#paint(now);
    if (this.#motion || this.#glide || (this.#pulses.size && !this.isOverview)) this.#request();
  }

  #apply(now: number): void {
    if (!this.#pending.size) return;
    // A burst is a new snapshot, not news about single seats.
    const isNews = now > 0 && this.#pending.size <= 200 && !this.options.reducedMotion;
    for (const [seat, state] of this.#pending) {
      if (this.#states[seat] === state) continue;
      const section = this.hall.sectionOf[seat]!;
      if (this.#states[seat] === AVAILABLE) this.#free[section]! -= 1;
      if (state === AVAILABLE) this.#free[section]! += 1;
      this.#states[seat] = state;
      this.#tiles.repaint(seat);
      if (isNews) this.#pulses.set(seat, now);
    }
    this.#pending.clear();
  }

  #count(): void {
    this.#free.fill(0);
    for (let seat = 0; seat < this.hall.count; seat += 1) if (this.#states[seat] === AVAILABLE) this.#free[this.hall.sectionOf[seat]!]! += 1;
  }

  #paint(now: number): void {
    this.#isDirty = false;
    for (const [seat, since] of this.#pulses) if (now - since > 700) this.#pulses.delete(seat);
    this.#painter.paint({
      hall: this.hall, geometry: this.geometry, index: this.#index, states: this.#states, tiles: this.#tiles, free: this.#free,
      marks: this.#marks, proposed: this.#proposed, pulses: this.#pulses, focus: this.#isFocusShown ? this.#focus : undefined,
      hover: this.#hover, words: this.#words,
    }, this.#view, this.#size, this.#ratio, now);
    this.#tellView();
  }

  #tellView(): void {
    if (!this.options.onView) return;
    const { isOverview } = this;
    const x = (this.#size.width / 2 - this.#view.x) / this.#view.scale;
    const y = (this.#size.height / 2 - this.#view.y) / this.#view.scale;
    const found = isOverview ? -1 : this.geometry.outlines.findIndex((outline) => isInside(outline, x, y));
    const key = `${isOverview}${found}`;
    if (key === this.#told) return;
    this.#told = key;
    this.options.onView({ isOverview, section: found < 0 ? undefined : found });
  }
}

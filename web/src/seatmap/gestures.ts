// Wheel, drag, pinch and tap on an element, told as what they mean for the map.

export interface GestureTarget {
  /** Moves by so many pixels. */
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  /** A press without movement; `isCoarse` for a finger. */
  tap(x: number, y: number, isCoarse: boolean): void;
  hover(x: number | undefined, y: number): void;
  /** The finger was lifted while moving: pixels per millisecond. */
  fling(vx: number, vy: number): void;
  /** Any new gesture stops what is still moving. */
  stop(): void;
}

/** A press that moves less than this is a tap. */
const SLACK = { mouse: 4, touch: 10 };

export function listenForGestures(element: HTMLElement, target: GestureTarget): () => void {
  const pointers = new Map<number, { x: number; y: number }>();
  let moved = 0;
  let wasPinch = false;
  let velocity = { x: 0, y: 0, at: 0 };
  const local = (event: MouseEvent) => {
    const box = element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return a && b ? { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.hypot(a.x - b.x, a.y - b.y) } : undefined;
  };

  const down = (event: PointerEvent) => {
    if (event.pointerType === 'mouse' && event.button !== 0) return;
    target.stop();
    if (pointers.size === 0) {
      moved = 0;
      wasPinch = false;
      velocity = { x: 0, y: 0, at: event.timeStamp };
    }
    pointers.set(event.pointerId, local(event));
    if (pointers.size > 1) wasPinch = true;
    // A pointer that is not there any more can't be captured.
    try { element.setPointerCapture(event.pointerId); } catch { /* the gesture goes on without */ }
  };

  const move = (event: PointerEvent) => {
    const now = local(event);
    const last = pointers.get(event.pointerId);
    if (!last) {
      if (event.pointerType === 'mouse') target.hover(now.x, now.y);
      return;
    }
    const before = spread();
    pointers.set(event.pointerId, now);
    const after = spread();
    if (before && after) {
      target.pan(after.x - before.x, after.y - before.y);
      if (before.distance > 0) target.zoom(after.distance / before.distance, after.x, after.y);
      return;
    }
    const dx = now.x - last.x;
    const dy = now.y - last.y;
    moved += Math.hypot(dx, dy);
    if (moved < slack(event)) {
      // Kept, so that the movement isn't lost once it turns out to be a drag.
      pointers.set(event.pointerId, last);
      moved = Math.hypot(dx, dy);
      return;
    }
    const elapsed = Math.max(1, event.timeStamp - velocity.at);
    const weight = Math.min(1, elapsed / 40);
    velocity = { x: velocity.x * (1 - weight) + (dx / elapsed) * weight, y: velocity.y * (1 - weight) + (dy / elapsed) * weight, at: event.timeStamp };
    target.hover(undefined, 0);
    target.pan(dx, dy);
  };

  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0 || event.type === 'pointercancel') return;
    if (wasPinch) return;
    const isCoarse = event.pointerType !== 'mouse';
    if (moved < slack(event)) {
      const { x, y } = local(event);
      target.tap(x, y, isCoarse);
    } else if (isCoarse && event.timeStamp - velocity.at < 60) {
      target.fling(velocity.x, velocity.y);
    }
  };

  const leave = () => target.hover(undefined, 0);
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    target.stop();
    const { x, y } = local(event);
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 200 : 1;
    // A pinch on a touchpad arrives as small steps with the control key.
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    target.zoom(Math.exp(-Math.max(-250, Math.min(250, event.deltaY * unit)) * speed), x, y);
  };

  element.addEventListener('pointerdown', down);
  element.addEventListener('pointermove', move);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', up);
  element.addEventListener('pointerleave', leave);
  element.addEventListener('wheel', wheel, { passive: false });
  return () => {
    element.removeEventListener('pointerdown', down);
    element.removeEventListener('pointermove', move);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', up);
    element.removeEventListener('pointerleave', leave);
    element.removeEventListener('wheel', wheel);
  };
}

function slack(event: PointerEvent): number {
  return event.pointerType === 'mouse' ? SLACK.mouse : SLACK.touch;
}

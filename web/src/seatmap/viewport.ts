// What part of the hall is on the screen: pure arithmetic of scale and offset.
import type { Box } from './geometry';

/** Screen = world · scale + (x, y), in CSS pixels. */
export interface View { readonly scale: number; readonly x: number; readonly y: number }
export interface Size { readonly width: number; readonly height: number }

export const LARGEST_SCALE = 64;

export function fit(box: Box, size: Size, padding = 12, most = LARGEST_SCALE): View {
  const width = Math.max(1, size.width - 2 * padding);
  const height = Math.max(1, size.height - 2 * padding);
  const scale = Math.min(width / (box.right - box.left), height / (box.bottom - box.top), most);
  return {
    scale,
    x: size.width / 2 - scale * (box.left + box.right) / 2,
    y: size.height / 2 - scale * (box.top + box.bottom) / 2,
  };
}

/** The point under the finger stays under it. */
export function zoomAt(view: View, factor: number, x: number, y: number, least: number, most = LARGEST_SCALE): View {
  const scale = Math.min(most, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}

export function centredOn(view: View, size: Size, worldX: number, worldY: number, scale = view.scale): View {
  return { scale, x: size.width / 2 - worldX * scale, y: size.height / 2 - worldY * scale };
}

/** Moves no more than needed to show the point with `margin` pixels around it. */
export function revealing(view: View, size: Size, worldX: number, worldY: number, margin: number): View {
  const x = worldX * view.scale + view.x;
  const y = worldY * view.scale + view.y;
  const free = Math.min(margin, size.width / 3, size.height / 3);
  const dx = x < free ? free - x : x > size.width - free ? size.width - free - x : 0;
  const dy = y < free ? free - y : y > size.height - free ? size.height - free - y : 0;
  return dx || dy ? { scale: view.scale, x: view.x + dx, y: view.y + dy } : view;
}

/** The hall never leaves the screen: its middle third stays in sight, and what fits is centred. */
export function clamped(view: View, bounds: Box, size: Size): View {
  const one = (low: number, high: number, offset: number, extent: number) => {
    const length = (high - low) * view.scale;
    const start = low * view.scale + offset;
    if (length <= extent) {
      const spare = extent - length;
      return offset + Math.min(Math.max(start, 0), spare) - start;
    }
    const slack = extent * 0.25;
    return offset + Math.min(Math.max(start, extent - length - slack), slack) - start;
  };
  return { scale: view.scale, x: one(bounds.left, bounds.right, view.x, size.width), y: one(bounds.top, bounds.bottom, view.y, size.height) };
}

export function visible(view: View, size: Size, margin = 0): Box {
  return {
    left: -view.x / view.scale - margin, right: (size.width - view.x) / view.scale + margin,
    top: -view.y / view.scale - margin, bottom: (size.height - view.y) / view.scale + margin,
  };
}

/** A view between two; scale changes by equal factors so that a zoom looks even. */
export function between(from: View, to: View, part: number, size: Size): View {
  if (part >= 1) return to;
  const scale = from.scale * (to.scale / from.scale) ** part;
  // The middle of the screen moves straight in the world.
  const middle = (view: View) => [(size.width / 2 - view.x) / view.scale, (size.height / 2 - view.y) / view.scale] as const;
  const [fromX, fromY] = middle(from);
  const [toX, toY] = middle(to);
  const share = Math.abs(to.scale - from.scale) < 1e-6 ? part : (1 / from.scale - 1 / scale) / (1 / from.scale - 1 / to.scale);
  return centredOn({ scale, x: 0, y: 0 }, size, fromX + (toX - fromX) * share, fromY + (toY - fromY) * share);
}

// Checks a draw in the browser: the published seed must be the one that was promised, and the order follows from it
// (docs/specification.md §10: place = order of SHA-256(seed bytes ‖ queue id as ASCII), ascending, compared as bytes).
import type { DrawProof } from '../../api/types';

export interface DrawCheck { isTrue: boolean; place: number | null; total: number }

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hexOf = (bytes: ArrayBuffer): string => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** `promised`: the commitment that this window was shown before the draw, when it was. */
export async function checkDraw(proof: DrawProof, queueId: string, promised: string | null): Promise<DrawCheck> {
  const seed = bytesOf(proof.seed ?? '');
  const commitment = hexOf(await crypto.subtle.digest('SHA-256', seed));
  const isTrue = seed.length === 32 && commitment === proof.commitment.toLowerCase() && (promised === null || promised.toLowerCase() === commitment);
  const drawn = await Promise.all(proof.entries.map(async (id) => {
    const input = new Uint8Array(seed.length + id.length);
    input.set(seed);
    input.set(new TextEncoder().encode(id), seed.length);
    return { id, hash: hexOf(await crypto.subtle.digest('SHA-256', input)) };
  }));
  drawn.sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  const index = drawn.findIndex(({ id }) => id === queueId);
  return { isTrue, place: index < 0 ? null : index + 1, total: drawn.length };
}

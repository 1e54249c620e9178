import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { checkDraw } from './draw';

const seed = Buffer.alloc(32, 7);
const commitment = createHash('sha256').update(seed).digest('hex');
const entries = ['a', 'b', 'c', 'd'].map((letter) => `${letter}0000000-0000-4000-8000-000000000000`);
const proof = { commitment, seed: seed.toString('hex'), algorithm: 'sha256', entries };

test('the place follows from the seed', async () => {
  const order = [...entries].sort((a, b) => Buffer.compare(createHash('sha256').update(seed).update(a).digest(), createHash('sha256').update(seed).update(b).digest()));
  for (const [index, id] of order.entries()) assert.deepEqual(await checkDraw(proof, id, commitment), { isTrue: true, place: index + 1, total: 4 });
  assert.equal((await checkDraw(proof, 'elsewhere', null)).place, null);
});

test('another seed than the promised one is found out', async () => {
  assert.equal((await checkDraw({ ...proof, seed: Buffer.alloc(32, 8).toString('hex') }, entries[0]!, null)).isTrue, false);
  assert.equal((await checkDraw(proof, entries[0]!, 'f'.repeat(64))).isTrue, false);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createContextCache } from '../../src/activities/run-action/context-cache.ts';
import type { BranchContext } from '../../src/activities/run-action/load-branch-context.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Each load gives another context, as a credential may have been changed. */
const countingCache = () => {
  let loads = 0;
  const cache = createContextCache(async () => ({ executionId: (loads += 1) }) as BranchContext);
  const use = async (keep = true): Promise<number> => {
    const { executionId } = await cache.take('w', 'b');
    cache.give('w', keep);
    return executionId;
  };
  return { cache, use };
};

test('actions that follow each other are served by one load', async () => {
  const { use } = countingCache();
  expect([await use(), await use()]).toEqual([1, 1]);
  vi.advanceTimersByTime(29_000);
  expect(await use()).toBe(1);
});

test('after an approval, a wait or a skipped end nothing is kept: secrets leave the memory, and a changed credential is seen', async () => {
  const { cache, use } = countingCache();
  await use();
  vi.advanceTimersByTime(30_000);
  expect(cache.size).toBe(0);
  expect(await use()).toBe(2);
});

test('the last action of a branch takes the secrets with it', async () => {
  const { cache, use } = countingCache();
  await use(false);
  expect(cache.size).toBe(0);
});

test('a branch that never rests sees a changed credential after five minutes', async () => {
  const { use } = countingCache();
  const seen: number[] = [];
  for (let seconds = 0; seconds < 320; seconds += 20) {
    seen.push(await use());
    vi.advanceTimersByTime(20_000);
  }
  expect(seen).toEqual([...Array.from({ length: 15 }, () => 1), 2]);
});

test('what an action under way uses is not taken from it, however long it runs', async () => {
  const { cache, use } = countingCache();
  await cache.take('w', 'b');
  await use();
  vi.advanceTimersByTime(60_000);
  expect([cache.size, await use()]).toEqual([1, 1]);
});

test('a load that failed is tried anew', async () => {
  let loads = 0;
  const cache = createContextCache(async () => {
    loads += 1;
    if (loads === 1) throw new Error('the database is away');
    return { executionId: loads } as BranchContext;
  });
  await expect(cache.take('w', 'b')).rejects.toThrow('away');
  await expect(cache.take('w', 'b')).resolves.toMatchObject({ executionId: 2 });
});

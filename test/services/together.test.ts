import { expect, test } from 'vitest';
import { createTogether } from '../../src/services/together.ts';

/** Each go waits until it is told its results. */
const controlled = (most = 10) => {
  const goes: { key: number; items: readonly string[]; end: PromiseWithResolvers<void> }[] = [];
  const together = createTogether<string, string>(async (key, items) => {
    const end = Promise.withResolvers<void>();
    goes.push({ key, items, end });
    await end.promise;
    return items.map((item) => `${item}!`);
  }, most);
  return { goes, together };
};

test('what comes while its key is worked on is done together behind it, at most so many', async () => {
  const { goes, together } = controlled(2);
  const results = ['a', 'b', 'c', 'd'].map((item) => together(1, item));
  expect(goes.map(({ items }) => items)).toEqual([['a']]);
  goes[0]?.end.resolve();
  expect(await results[0]).toBe('a!');
  await Promise.resolve();
  expect(goes.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
  goes[1]?.end.resolve();
  await results[1];
  await Promise.resolve();
  goes[2]?.end.resolve();
  expect(await Promise.all(results)).toEqual(['a!', 'b!', 'c!', 'd!']);
});

test('other keys do not wait', async () => {
  const { goes, together } = controlled();
  void together(1, 'a');
  const other = together(2, 'b');
  goes[1]?.end.resolve();
  expect(await other).toBe('b!');
});

test('an error is that of all in the go, and the next ones are done', async () => {
  const { goes, together } = controlled();
  const [first, second, third] = [together(1, 'a'), together(1, 'b'), together(1, 'c')];
  goes[0]?.end.resolve();
  await first;
  await Promise.resolve();
  goes[1]?.end.reject(new Error('no'));
  await expect(second).rejects.toThrow('no');
  await expect(third).rejects.toThrow('no');
  const next = together(1, 'd');
  goes[2]?.end.resolve();
  expect(await next).toBe('d!');
});

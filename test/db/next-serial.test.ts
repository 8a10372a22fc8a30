import { expect, test } from 'vitest';
import { nextSerials } from '../../src/db/next-serial.ts';
import { selectRows } from '../../src/db/query.ts';
import { openTestDatabase } from './support/open-database.ts';

test('serials of 50 transactions at once, some rolled back, are unique and have no gap', async () => {
  await using database = await openTestDatabase(10);
  const { db } = database;
  const takers = Array.from({ length: 50 }, (_, index) =>
    db
      .transaction(async (transaction) => {
        const serials = await nextSerials(db, 'job', 1 + (index % 3), transaction);
        await selectRows(db, 'SELECT pg_sleep(0.002)', [], transaction);
        if (index % 5 === 0) throw new Error('rolled back');
        return serials;
      })
      .catch(() => []),
  );
  const taken = (await Promise.all(takers)).flat().toSorted();
  const year = new Date().getUTCFullYear();
  expect(taken).toEqual(Array.from({ length: taken.length }, (_, index) => `J${year}${String(index + 1).padStart(4, '0')}`));
  expect(taken.length).toBeGreaterThan(60);
});

test('several serials at once are in order; jobs and targets count for themselves, and beyond four digits', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const year = new Date().getUTCFullYear();
  const take = (scope: 'job' | 'target', count: number) => db.transaction((transaction) => nextSerials(db, scope, count, transaction));
  expect(await take('target', 3)).toEqual([1, 2, 3].map((number) => `T${year}000${number}`));
  expect(await take('job', 1)).toEqual([`J${year}0001`]);
  const many = await take('target', 10_000);
  expect([many[0], many.at(-1)]).toEqual([`T${year}0004`, `T${year}10003`]);
});

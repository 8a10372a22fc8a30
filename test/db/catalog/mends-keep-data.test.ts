import { expect, test } from 'vitest';
import { execute, selectRow } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { compareLive, mendAll } from './support/compare-live.ts';

test('an identity that is made again goes on after the numbers that are taken', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await execute(db, 'ALTER TABLE device_type_categories ALTER COLUMN id DROP IDENTITY');
  const last = await selectRow<{ id: number }>(db, 'SELECT max(id) AS id FROM device_type_categories');
  await mendAll(db, await compareLive(db));
  const next = await selectRow<{ id: number }>(db, `INSERT INTO device_type_categories (value, label) VALUES ('new', 'New') RETURNING id`);
  expect(last?.id).toBeGreaterThan(1);
  expect(next?.id).toBe((last?.id ?? 0) + 1);
});

test('a text that is too long for the right type is refused, not cut', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await execute(db, 'ALTER TABLE calendars ALTER COLUMN name TYPE text');
  await execute(db, `INSERT INTO calendars (name) VALUES (repeat('x', 101))`);
  await expect(mendAll(db, await compareLive(db))).rejects.toThrow('value too long');
  expect(await selectRow(db, 'SELECT length(name) AS length FROM calendars')).toEqual({ length: 101 });
});

test('what was generated stays as values when the column should be an ordinary one', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  await execute(db, 'ALTER TABLE calendars DROP COLUMN description');
  await execute(db, 'ALTER TABLE calendars ADD COLUMN description text GENERATED ALWAYS AS (upper(name)) STORED');
  await execute(db, `INSERT INTO calendars (name) VALUES ('holidays')`);
  await mendAll(db, await compareLive(db));
  expect(await selectRow(db, 'SELECT description FROM calendars')).toEqual({ description: 'HOLIDAYS' });
});

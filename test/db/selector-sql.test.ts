import fc from 'fast-check';
import { expect, test } from 'vitest';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { selectorCondition } from '../../src/db/selector-sql.ts';
import { matchesSelector, parseSelector } from '../../src/domain/selector.ts';
import { asText, selectorTerms, target, targets } from '../domain/support/selectors.ts';
import { openTestDatabase } from './support/open-database.ts';

const INSERT = `INSERT INTO universal_targets (target_serial, name, environment, os_type, target_type, location, data_center, region, health_status, labels)
  SELECT 'T2025' || lpad(n::text, 4, '0'), r.name, r.env, r.os, r.type, r.location, r.data_center, r.region, r.health, r.labels
  FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS e(value, n), jsonb_to_record(e.value)
    AS r(name text, env text, os text, type text, location text, data_center text, region text, health text, labels jsonb)`;

const serialsOf = (numbers: readonly number[]): string[] => numbers.map((number) => `T2025${String(number).padStart(4, '0')}`);

test('the database finds the targets that the rule finds, whatever the selector', async () => {
  await using database = await openTestDatabase(1);
  const { db } = database;
  const rows = [target(), ...fc.sample(targets, { numRuns: 400, seed: 7 })];
  await execute(db, INSERT, [JSON.stringify(rows)]);
  await fc.assert(
    fc.asyncProperty(selectorTerms, async (terms) => {
      const { sql, bind } = selectorCondition(parseSelector(asText(terms, ' ')), 't', 2);
      const found = await selectRows<{ target_serial: string }>(
        db,
        `SELECT t.target_serial FROM universal_targets t WHERE t.target_serial LIKE $1 AND ${sql} ORDER BY t.target_serial`,
        ['T2025%', ...bind],
      );
      const expected = rows.flatMap((row, index) => (matchesSelector(terms, row) ? [index + 1] : []));
      expect(found.map((row) => row.target_serial)).toEqual(serialsOf(expected));
    }),
    { numRuns: 300 },
  );
});

test('a label is found by the index, also one of several values and one that only has to be there', async () => {
  await using database = await openTestDatabase(1);
  const { db } = database;
  await execute(
    db,
    `INSERT INTO universal_targets (target_serial, name, os_type, labels)
     SELECT 'T2025' || lpad(n::text, 6, '0'), 'target', 'linux', CASE WHEN n % 1000 = 0 THEN jsonb_build_object('team', 'web', 'rack', n::text) ELSE '{}' END
     FROM generate_series(1, 20000) n`,
  );
  await execute(db, 'ANALYZE universal_targets');
  for (const text of ['team=web', 'team in (web,mail)', 'rack']) {
    const { sql, bind } = selectorCondition(parseSelector(text), 't', 1);
    const counted = await selectRow<{ total: number }>(db, `SELECT count(*)::int AS total FROM universal_targets t WHERE ${sql}`, bind);
    const plan = await selectRows<{ 'QUERY PLAN': string }>(db, `EXPLAIN SELECT t.id FROM universal_targets t WHERE ${sql}`, bind);
    expect(counted?.total).toBe(20);
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain('idx_universal_targets_labels');
  }
});

import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compareCatalogs } from '../../src/db/catalog/compare.ts';
import { readExpectedCatalog } from '../../src/db/catalog/expected.ts';
import { modelCatalog } from '../../src/db/catalog/model-catalog.ts';
import { schemaPage } from '../../src/db/catalog/schema-page.ts';
import { AREAS, TABLES } from '../../src/db/models/index.ts';

test('what the models declare is what the migrations make, in both directions', async () => {
  const declared = modelCatalog(TABLES);
  expect(declared.tables).toHaveLength(45);
  const migrated = await readExpectedCatalog();
  expect(compareCatalogs(declared, migrated)).toEqual([]);
  expect(compareCatalogs(migrated, declared)).toEqual([]);
});

test('docs/schema.md is that of the models (npm run schema-page)', async () => {
  expect(await readFile('docs/schema.md', 'utf8')).toBe(schemaPage(AREAS));
});

test('a name that Postgres would cut is refused', () => {
  const [users] = TABLES;
  if (users === undefined) throw new Error('there are no tables');
  const table = { ...users, checks: { ['x'.repeat(60)]: '(true)' } };
  expect(() => modelCatalog([table])).toThrow(/longer than the 63 characters/);
});

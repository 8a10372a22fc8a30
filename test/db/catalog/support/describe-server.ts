import type { Sequelize } from 'sequelize';
import { afterAll, expect, test } from 'vitest';
import type { Catalog } from '../../../../src/db/catalog/catalog.ts';
import * as ddl from '../../../../src/db/catalog/ddl.ts';
import { formatCatalog, readExpectedCatalog } from '../../../../src/db/catalog/expected.ts';
import { introspect } from '../../../../src/db/catalog/introspect.ts';
import { connectDatabase } from '../../../../src/db/connect.ts';
import { createTestDatabase } from '../../../support/database.ts';
import { DRIFT_CASES } from '../drift-cases/index.ts';
import { compareLive, mendAll, run } from './compare-live.ts';

/** A database of its own on a server. */
const openDatabase = async (from: 'template' | 'empty', templateUrl: string): Promise<{ db: Sequelize } & AsyncDisposable> => {
  const database = await createTestDatabase(from, templateUrl);
  const db = connectDatabase({ url: database.url, poolSize: 1, applicationName: 'test' });
  return {
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      await database[Symbol.asyncDispose]();
    },
  };
};

const rebuild = ({ extensions, functions, tables, views }: Catalog): string[] => [
  ...extensions.map(ddl.createExtension),
  ...functions.map(ddl.createFunction),
  ...tables.flatMap(ddl.createTable),
  ...tables.flatMap((table) =>
    table.constraints.filter(({ kind }) => kind === 'foreign key').flatMap((constraint) => ddl.addConstraint(table, constraint)),
  ),
  ...tables.flatMap((table) => table.indexes.map((index) => ddl.createIndex(table, index, { concurrently: true }))),
  ...tables.flatMap((table) => table.triggers.map(ddl.createTrigger)),
  ...views.map(ddl.createView),
];

/** What holds on each version of the server. */
export const describeServer = (templateUrl: () => string): void => {
  test('the migrations make what migrations/schema.json says, which npm run schema writes', async () => {
    await using database = await openDatabase('template', templateUrl());
    const catalog = await introspect(database.db);
    expect(formatCatalog(catalog)).toBe(formatCatalog(await readExpectedCatalog()));
    expect(await compareLive(database.db)).toEqual([]);
  });

  test('statements written from the committed schema make that schema', async () => {
    await using database = await openDatabase('empty', templateUrl());
    const expected = await readExpectedCatalog();
    await run(database.db, rebuild(expected));
    expect(await introspect(database.db)).toEqual(expected);
  });

  /** Left by a case that has mended all of it, so that the next one need not wait for a new one. */
  let left: Awaited<ReturnType<typeof openDatabase>> | undefined;
  afterAll(() => left?.[Symbol.asyncDispose]());

  test.each(DRIFT_CASES)('$name', async ({ change, says, isForPersons = false }) => {
    const database = left ?? (await openDatabase('template', templateUrl()));
    left = undefined;
    await using stack = new AsyncDisposableStack();
    stack.use(database);
    await run(database.db, change);
    const differences = await compareLive(database.db);
    expect(differences.map(({ severity, sentence }) => [severity, sentence])).toEqual(says);
    expect(differences.some(({ mend }) => mend === null)).toBe(isForPersons);
    if (isForPersons) return;
    await mendAll(database.db, differences);
    expect(await compareLive(database.db)).toEqual([]);
    if (differences.length === 0) return;
    stack.move();
    left = database;
  });
};

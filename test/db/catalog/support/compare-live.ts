import type { Sequelize } from 'sequelize';
import { compareCatalogs } from '../../../../src/db/catalog/compare.ts';
import type { Difference } from '../../../../src/db/catalog/difference.ts';
import { readExpectedCatalog } from '../../../../src/db/catalog/expected.ts';
import { introspect } from '../../../../src/db/catalog/introspect.ts';

/** In what a database differs from the committed schema. */
export const compareLive = async (db: Sequelize): Promise<Difference[]> =>
  compareCatalogs(await readExpectedCatalog(), await introspect(db));

/** Runs statements as they are: bodies of functions hold dollars, which execute() takes for parameters. */
export const run = async (db: Sequelize, statements: readonly string[]): Promise<void> => {
  for (const statement of statements) await db.query(statement);
};

/** Several statements sent at once are one transaction, in which nothing is done CONCURRENTLY. */
const statementsOf = (mend: string): string[] => (mend.includes('CONCURRENTLY') ? mend.split('\n') : [mend]);

/** Runs the statements that differences come with, in their order. */
export const mendAll = async (db: Sequelize, differences: readonly Difference[]): Promise<void> => {
  for (const { mend } of differences) await run(db, statementsOf(mend ?? ''));
};

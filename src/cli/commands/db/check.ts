import type { Command } from 'commander';
import type { Sequelize } from 'sequelize';
import type { Config } from '../../../config.ts';
import { compareCatalogs } from '../../../db/catalog/compare.ts';
import type { Difference } from '../../../db/catalog/difference.ts';
import { readExpectedCatalog } from '../../../db/catalog/expected.ts';
import { introspect } from '../../../db/catalog/introspect.ts';
import { modelCatalog } from '../../../db/catalog/model-catalog.ts';
import { assertMigrated } from '../../../db/migrate.ts';
import { TABLES } from '../../../db/models/index.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { EXIT_CODES } from '../../exit-code.ts';
import { printOutput } from '../../output.ts';
import { paintFor } from '../../terminal/paint.ts';
import { withDatabase } from './with-database.ts';

/** Two schemas that should be one. */
interface Comparison {
  /** Of its lines. */
  heading: string;
  differences: Difference[];
}

/** Why the schemas cannot be compared yet: the database is older or newer than this build. */
const migrationProblem = async (db: Sequelize): Promise<string | undefined> => {
  try {
    await assertMigrated(db);
    return undefined;
  } catch (error) {
    if (error instanceof OpsError) return error.message;
    throw error;
  }
};

const compareAll = async (db: Sequelize): Promise<Comparison[]> => {
  const expected = await readExpectedCatalog();
  return [
    { heading: 'The database differs from this version:', differences: compareCatalogs(expected, await introspect(db)) },
    { heading: 'The migrations of this version differ from its models:', differences: compareCatalogs(modelCatalog(TABLES), expected) },
  ];
};

const indented = (text: string): string => text.replaceAll(/^/gm, '         ');

const textOf = (comparisons: readonly Comparison[], noColor: boolean): string => {
  const paint = paintFor(process.stdout, noColor);
  const sign = { error: paint.red('error   '), warning: paint.yellow('warning ') };
  const lineOf = ({ severity, sentence, mend }: Difference): string =>
    `${sign[severity]} ${sentence.replaceAll(/\s+/g, ' ')}\n${mend === null ? '' : `${paint.dim(indented(mend))}\n`}`;
  return comparisons
    .filter(({ differences }) => differences.length > 0)
    .map(({ heading, differences }) => `${heading}\n${differences.map(lineOf).join('')}\n`)
    .join('');
};

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/**
 * `opsconductor db check`: changes nothing. Says each difference between the database and this build, and the statement that would mend it;
 * exit code 1 when there is one.
 */
export const check = (config: Config, command: Command): Promise<void> =>
  withDatabase(config, async (db) => {
    const problem = await migrationProblem(db);
    const comparisons = problem === undefined ? await compareAll(db) : [];
    const differences = comparisons.flatMap((comparison) => comparison.differences);
    const warnings = differences.filter(({ severity }) => severity === 'warning').length;
    const errors = differences.length - warnings;
    const equal = problem === undefined && differences.length === 0;
    if (!equal) process.exitCode = EXIT_CODES.failed;
    printOutput(command, { equal, errors, warnings, differences, ...(problem !== undefined && { problem }) }, () => {
      if (problem !== undefined) return `${problem}\n`;
      if (equal) return 'The schema of the database is that of this version.\n';
      const counts = `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}.`;
      return `${textOf(comparisons, config.noColor)}${counts} Nothing was changed: the statements are for you to run.\n`;
    });
  });

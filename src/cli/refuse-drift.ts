import type { Logger } from 'pino';
import type { Sequelize } from 'sequelize';
import { compareCatalogs } from '../db/catalog/compare.ts';
import type { Difference } from '../db/catalog/difference.ts';
import { readExpectedCatalog } from '../db/catalog/expected.ts';
import { introspect } from '../db/catalog/introspect.ts';
import { isDatabaseAway } from '../db/database-away.ts';
import { OpsError } from '../domain/ops-error.ts';

const SHOWN_ERRORS = 3;
const SHOWN_WARNINGS = 10;

const sentencesOf = (differences: readonly Difference[], severity: Difference['severity']): string[] =>
  differences.filter((difference) => difference.severity === severity).map(({ sentence }) => sentence);

/** What the server does not let this role read, or answers in a new way, stops nobody: the migrations are there, and they were checked before. */
const compareUnlessRefused = async (db: Sequelize, log: Logger): Promise<Difference[]> => {
  const expected = await readExpectedCatalog();
  try {
    return compareCatalogs(expected, await introspect(db));
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    log.warn({ err: error }, 'The schema of the database could not be read, so that it is not compared with that of this version');
    return [];
  }
};

/**
 * For the start of a part: compares the schema with that of this build. Warnings are logged.
 * @throws OpsError UNAVAILABLE naming the first differences with which statements would fail or store something else.
 */
export const refuseDrift = async (db: Sequelize, log: Logger): Promise<void> => {
  const differences = await compareUnlessRefused(db, log);
  const warnings = sentencesOf(differences, 'warning');
  if (warnings.length > 0) {
    const shown = warnings.slice(0, SHOWN_WARNINGS);
    log.warn(
      { differences: warnings.length, first: shown },
      'The schema of the database differs in what does no harm; see opsconductor db check',
    );
  }
  const errors = sentencesOf(differences, 'error');
  if (errors.length === 0) return;
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  const more = errors.length > SHOWN_ERRORS ? ' …' : '';
  throw new OpsError(
    'UNAVAILABLE',
    `The schema of the database is not that of this version (${count}). ${errors.slice(0, SHOWN_ERRORS).join(' ')}${more} ` +
      'All of them, with the statements that mend them: opsconductor db check',
  );
};

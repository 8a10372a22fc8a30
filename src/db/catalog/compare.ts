import type { Catalog } from './catalog.ts';
import { compareExtensions, compareFunctions, compareViews } from './compare-definitions.ts';
import { compareTables } from './compare-tables.ts';
import type { Difference } from './difference.ts';

/** The order in which the statements work: what stands in the way first, then each object after those that it needs. */
const ORDER = [
  ['extension', 'function', 'table'],
  ['extra foreign key', 'extra check', 'extra unique', 'extra exclusion', 'extra primary key', 'extra index'],
  ['column', 'primary key', 'unique', 'exclusion', 'check', 'partition', 'foreign key', 'index', 'trigger', 'view'],
  ['extra view', 'extra trigger', 'extra partition', 'extra table', 'extra column', 'extra function'],
].flat();

const rankOf = ({ severity, change, kind }: Difference): number =>
  (severity === 'error' ? 0 : ORDER.length) + ORDER.indexOf(change === 'extra' ? `extra ${kind}` : kind);

/**
 * Says in what a database is not as it should be: errors first, and within them in an order in which their statements can be run.
 * Empty: they are equal. Partitions by month are data and no matter here.
 */
export const compareCatalogs = (expected: Catalog, actual: Catalog): Difference[] =>
  [
    ...compareExtensions(expected, actual),
    ...compareFunctions(expected, actual),
    ...compareTables(expected, actual),
    ...compareViews(expected, actual),
  ].toSorted((a, b) => rankOf(a) - rankOf(b));

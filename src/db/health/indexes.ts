import { needlessFinding, needlessIndexes } from './duplicate-indexes.ts';
import { readForeignKeys } from './foreign-keys.ts';
import { readIndexes } from './index-facts.ts';
import { invalidIndexFindings } from './invalid-indexes.ts';
import type { Look } from './look.ts';
import { statisticsSince } from './statistics-since.ts';
import { readTables } from './table-facts.ts';
import { unusedIndexFindings } from './unused-indexes.ts';

/** Indexes that do not work, that another one makes needless, or that nothing uses. */
export const indexLook: Look = async (ask) => {
  const indexes = await readIndexes(ask);
  const needless = needlessIndexes(indexes);
  const unused = unusedIndexFindings({
    indexes,
    needless: new Set(needless.map(({ index }) => index)),
    foreignKeys: await readForeignKeys(ask),
    tables: await readTables(ask),
    since: await statisticsSince(ask),
    now: new Date(),
  });
  return [...invalidIndexFindings(indexes), ...needless.map(needlessFinding), ...unused];
};

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../config.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { readUpRecord } from '../../../embedded/up-record.ts';

/**
 * The database that commands about it mean: that of DATABASE_URL, else that of the `up` that runs on the data folder.
 * @throws OpsError VALIDATION, with both ways to name one, when there is neither.
 */
export const databaseUrlOf = async ({ databaseUrl, home }: Pick<Config, 'databaseUrl' | 'home'>): Promise<string> => {
  if (databaseUrl !== undefined) return databaseUrl;
  const embedded = (await readUpRecord(home))?.urls.postgres;
  if (embedded === undefined) {
    throw new OpsError(
      'VALIDATION',
      `No database is named: set DATABASE_URL, or OPSCONDUCTOR_HOME to the data folder of a running \`opsconductor up\` that brings its own (none runs on ${home}).`,
    );
  }
  const path = join(home, 'postgres-password');
  const password = await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = `The password of the running database cannot be read from ${path}: run this as the user who runs \`opsconductor up\`, or set DATABASE_URL.`;
    throw new OpsError('VALIDATION', message, { cause });
  });
  const url = new URL(embedded);
  url.password = password.trim();
  return url.href;
};

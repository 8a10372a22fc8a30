import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

export const OUTSIDE = '-- outside a transaction: each statement is safe to repeat\n';

/** A copy of the migrations, and more files, that may be changed; removed when disposed. */
export const copyMigrations = async (more: Record<string, string> = {}): Promise<{ path: string } & AsyncDisposable> => {
  const path = await mkdtemp(join(tmpdir(), 'opsc-migrations-'));
  await cp(MIGRATIONS, path, { recursive: true });
  for (const [name, sql] of Object.entries(more)) await writeFile(join(path, name), sql);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

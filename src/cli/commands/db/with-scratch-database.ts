import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sequelize } from 'sequelize';
import { connectDatabase } from '../../../db/connect.ts';
import { startPostgres } from '../../../embedded/start-postgres.ts';

/** Lends an empty database on a server that is made for this and removed again. DATABASE_URL is not touched. */
export const withScratchDatabase = async <T>(use: (db: Sequelize) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'opsconductor-schema-'));
  try {
    await using postgres = await startPostgres({ folder, port: 0, log: (line) => process.stderr.write(`${line}\n`) });
    const db = connectDatabase({ url: postgres.url, poolSize: 2, applicationName: 'opsconductor-schema' });
    try {
      return await use(db);
    } finally {
      await db.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

import type { Config } from '../../config.ts';
import { connectDatabase } from '../../db/connect.ts';
import { migrate as migrateDatabase } from '../../db/migrate.ts';
import { parseKeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { bootstrapAdmin } from '../../services/auth/bootstrap-admin.ts';
import { readVersion } from '../../version.ts';
import { createLog } from '../log.ts';
import { databaseAway, runServer, runWorker } from '../run-platform.ts';
import type { RunningPart } from '../run-platform.ts';
import { keyRingText, storesFromEnvironment } from '../stores.ts';
import { waitForSignal } from '../wait-for-signal.ts';

const untilSignal = async (part: RunningPart, signal: Promise<NodeJS.Signals>): Promise<void> => {
  try {
    await Promise.race([signal, part.finished]);
  } finally {
    await part.stop();
  }
};

/** `opsconductor server`: the API alone. */
export const server = async (config: Config): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel);
  const part = await runServer(config, await storesFromEnvironment(config), log);
  log.info({ url: part.url }, 'API is up');
  await untilSignal(part, signal);
};

/** `opsconductor worker`: workflows and actions alone. */
export const worker = async (config: Config): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel);
  const part = await runWorker(config, await storesFromEnvironment(config), log);
  log.info('worker is up');
  await untilSignal(part, signal);
};

/** `opsconductor migrate`: brings the database to this build's schema, and makes the first administrator where there is none. */
export const migrate = async (config: Config): Promise<void> => {
  if (config.databaseUrl === undefined)
    throw new OpsError('VALIDATION', 'DATABASE_URL is not set. `opsconductor up` migrates its own database by itself.');
  const keyRing = parseKeyRing(await keyRingText(config));
  const db = connectDatabase({ url: config.databaseUrl, poolSize: 2, applicationName: 'opsconductor-migrate' });
  try {
    const applied = await migrateDatabase(db, readVersion());
    process.stdout.write(applied.length === 0 ? 'The database is at this version already.\n' : `Applied ${applied.join(', ')}.\n`);
    const admin = await bootstrapAdmin(db, keyRing);
    if (admin !== undefined) process.stdout.write(`First login: ${admin.username}, password ${admin.password} (shown only now)\n`);
  } catch (error) {
    if (error instanceof OpsError || !(error instanceof Error && error.name.startsWith('SequelizeConnection'))) throw error;
    throw databaseAway(config.databaseUrl, error);
  } finally {
    await db.close();
  }
};

import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { noteMigrations } from '../../../db/audit/maintenance.ts';
import { migrate as migrateDatabase } from '../../../db/migrate.ts';
import { parseKeyRing } from '../../../db/seal.ts';
import { bootstrapAdmin } from '../../../services/auth/bootstrap-admin.ts';
import { readVersion } from '../../../version.ts';
import { printOutput } from '../../output.ts';
import { keyRingText } from '../../stores.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  allowDestructive?: boolean;
}

const sayWaiting = (holderPid: number | undefined): void => {
  const holder = holderPid === undefined ? '' : ` (server process ${holderPid})`;
  process.stderr.write(`Another migrator is at work${holder}; waiting for it.\n`);
};

/** `opsconductor db migrate`: brings the database to this build's schema, and makes the first administrator where there is none. */
export const migrate = (config: Config, command: Command): Promise<void> =>
  withDatabase(config, async (db) => {
    const { allowDestructive = false } = command.optsWithGlobals<Options>();
    const keyRing = parseKeyRing(await keyRingText(config));
    const version = readVersion();
    const applied = await migrateDatabase(db, version, undefined, { allowDestructive, onWait: sayWaiting });
    await noteMigrations(db, keyRing.auditKey, applied, version);
    const admin = await bootstrapAdmin(db, keyRing);
    const done = applied.length === 0 ? 'The database is at this version already.\n' : `Applied ${applied.join(', ')}.\n`;
    const login = admin === undefined ? '' : `First login: ${admin.username}, password ${admin.password} (shown only now)\n`;
    printOutput(command, { applied, admin: admin ?? null }, () => `${done}${login}`);
  });

import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { assertMigrated } from '../../../db/migrate.ts';
import { parseKeyRing } from '../../../db/seal.ts';
import { resetPassword as resetPasswordOf } from '../../../services/auth/reset-password.ts';
import { printOutput } from '../../output.ts';
import { keyRingText } from '../../stores.ts';
import { withDatabase } from './with-database.ts';

/** `opsconductor db reset-password`: past the API, for whom nobody can let in any more. */
export const resetPassword = (config: Config, name: string, command: Command): Promise<void> =>
  withDatabase(config, async (db) => {
    const keyRing = parseKeyRing(await keyRingText(config));
    await assertMigrated(db);
    const { username, password, isActive } = await resetPasswordOf(db, keyRing, name);
    printOutput(
      command,
      { username, password, is_active: isActive },
      () => `Next login: ${username}, password ${password} (shown only now; it must be changed then)\n`,
    );
    process.stderr.write(
      `The sessions of ${username} have ended; API tokens go on.${isActive ? '' : ' The account is deactivated: nobody can log in with it.'}\n`,
    );
  });

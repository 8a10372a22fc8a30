import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Sequelize } from 'sequelize';
import type { Config } from '../../../config.ts';
import { noteRestore } from '../../../db/audit/maintenance.ts';
import { totalRows } from '../../../db/backup/manifest.ts';
import { restoreDatabase } from '../../../db/backup/restore-database.ts';
import type { Restored } from '../../../db/backup/restore-database.ts';
import { parseKeyRing } from '../../../db/seal.ts';
import type { KeyRing } from '../../../db/seal.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { whichCommand } from '../../../embedded/which-command.ts';
import { printOutput } from '../../output.ts';
import { keyRingTextAtHand } from '../../stores.ts';
import { createProgressLine, sizeText } from './progress-line.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { withDatabase } from './with-database.ts';

export interface RestoreFlags {
  replace?: boolean;
}

const describe = (file: string, { manifest }: Restored): string =>
  `Restored ${file} of ${manifest.taken_at}: ${totalRows(manifest)} rows of ${Object.keys(manifest.tables).length} tables, as many as were backed up.\n`;

const nextStep = ({ pending }: Restored): string =>
  pending.length === 0
    ? 'Start the servers and workers with the keys of the time of the backup.\n'
    : `The backup is of an older version: run \`opsconductor db migrate\` (${pending.length} migration(s)) before servers and workers start.\n`;

/** Without keys a restore goes on: it needs none. @throws OpsError VALIDATION for a key ring that is none, or that cannot be read. */
const keyRingAtHand = async (config: Config): Promise<KeyRing | undefined> => {
  const text = await keyRingTextAtHand(config).catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError(
      'VALIDATION',
      `The key ring cannot be read, so the restore could not be put on record: ${why}. Nothing was changed.`,
      { cause },
    );
  });
  return text === undefined ? undefined : parseKeyRing(text);
};

/** @returns why the restored audit trail does not say that it was restored; undefined when it does. */
const putOnRecord = async (
  db: Sequelize,
  keyRing: KeyRing | undefined,
  { manifest, pending }: Restored,
  replaced: boolean,
): Promise<string | undefined> => {
  if (pending.length > 0) return 'the backup is of an older version';
  if (keyRing === undefined) return 'no key ring is at hand to sign it (OPSCONDUCTOR_KEYS, or OPSCONDUCTOR_HOME)';
  const { taken_at, app_version } = manifest;
  try {
    const isNoted = await noteRestore(db, keyRing.auditKey, { taken_at, app_version, rows: totalRows(manifest), replaced });
    return isNoted ? undefined : 'the key ring at hand is not the one that its events are signed with';
  } catch (error) {
    // What was restored is good, and shall not look otherwise.
    return error instanceof Error ? error.message : String(error);
  }
};

type PutBack = Restored & { unrecorded: string | undefined };

const putBack = async (config: Config, file: string, { replace = false }: RestoreFlags, signal: AbortSignal): Promise<PutBack> => {
  const keyRing = await keyRingAtHand(config);
  const progress = createProgressLine(process.stderr);
  try {
    return await withDatabase(config, async (db, url) => {
      const restored = await restoreDatabase(db, {
        url,
        file,
        replace,
        tools: { folder: config.postgresTools, which: whichCommand },
        signal,
        onBytes: (bytes, total) => progress.show(`Restoring: ${sizeText(bytes)} of ${sizeText(total)}`),
      });
      return { ...restored, unrecorded: await putOnRecord(db, keyRing, restored, replace) };
    });
  } finally {
    progress.clear();
  }
};

/** `opsconductor db restore FILE`: a backup put into an empty database, or in place of what is there, and verified. */
export const restore = (config: Config, name: string, options: RestoreFlags, command: Command): Promise<void> => {
  const file = resolve(name);
  return untilInterrupted('Stopped before the end: the transaction is rolled back, nothing was changed.', async (signal) => {
    const restored = await putBack(config, file, options, signal);
    printOutput(command, restored.manifest, () => describe(file, restored));
    if (restored.unrecorded !== undefined) process.stderr.write(`The audit trail does not tell of this restore: ${restored.unrecorded}.\n`);
    process.stderr.write(nextStep(restored));
  });
};

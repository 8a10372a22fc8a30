import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { backupDatabase } from '../../../db/backup/backup-database.ts';
import type { Backup } from '../../../db/backup/backup-database.ts';
import { totalRows } from '../../../db/backup/manifest.ts';
import { whichCommand } from '../../../embedded/which-command.ts';
import { readVersion } from '../../../version.ts';
import { printOutput } from '../../output.ts';
import { createProgressLine, sizeText } from './progress-line.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { withDatabase } from './with-database.ts';

export interface BackupFlags {
  force?: boolean;
}

/** Where the keys are without which no credential of the backup can be read. */
const keyPlace = ({ keyRing, home }: Config): string => {
  if (keyRing !== undefined) return 'the environment variable OPSCONDUCTOR_KEYS';
  const file = join(home, 'keys.json');
  return existsSync(file) ? file : 'the key ring of the servers and workers (OPSCONDUCTOR_KEYS or keys.json)';
};

const describe = (file: string, { manifest, bytes }: Backup): string => {
  const { tables, server_version } = manifest;
  return `Wrote ${file}: ${sizeText(bytes)}, ${totalRows(manifest)} rows of ${Object.keys(tables).length} tables, PostgreSQL ${server_version}.\n`;
};

const takeBackup = async (config: Config, file: string, { force = false }: BackupFlags, signal: AbortSignal): Promise<Backup> => {
  const progress = createProgressLine(process.stderr);
  try {
    return await withDatabase(config, (db, url) =>
      backupDatabase(db, {
        url,
        file,
        replaceExisting: force,
        tools: { folder: config.postgresTools, which: whichCommand },
        appVersion: readVersion(),
        signal,
        onTable: (done, total) => progress.show(`Counting rows: ${done} of ${total} tables`),
        onBytes: (bytes) => progress.show(`Writing: ${sizeText(bytes)}`),
      }),
    );
  } finally {
    progress.clear();
  }
};

/** `opsconductor db backup FILE`: all of the database in one file, while everything runs. */
export const backup = (config: Config, name: string, options: BackupFlags, command: Command): Promise<void> => {
  const file = resolve(name);
  return untilInterrupted(`Stopped: ${file} was not written.`, async (signal) => {
    const taken = await takeBackup(config, file, options, signal);
    const keys = `The keys are not in it, and without them no stored credential can be read: keep a copy of ${keyPlace(config)} apart from it.\n`;
    printOutput(command, taken.manifest, () => describe(file, taken));
    process.stderr.write([taken.note, keys].filter((line) => line !== undefined).join('\n'));
  });
};

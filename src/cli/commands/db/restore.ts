import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import { totalRows } from '../../../db/backup/manifest.ts';
import { restoreDatabase } from '../../../db/backup/restore-database.ts';
import type { Restored } from '../../../db/backup/restore-database.ts';
import { whichCommand } from '../../../embedded/which-command.ts';
import { printOutput } from '../../output.ts';
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

const putBack = async (config: Config, file: string, { replace = false }: RestoreFlags, signal: AbortSignal): Promise<Restored> => {
  const progress = createProgressLine(process.stderr);
  try {
    return await withDatabase(config, (db, url) =>
      restoreDatabase(db, {
        url,
        file,
        replace,
        tools: { folder: config.postgresTools, which: whichCommand },
        signal,
        onBytes: (bytes, total) => progress.show(`Restoring: ${sizeText(bytes)} of ${sizeText(total)}`),
      }),
    );
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
    process.stderr.write(nextStep(restored));
  });
};

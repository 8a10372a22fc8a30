import { pipeline } from 'node:stream/promises';
import { OpsError } from '../../domain/ops-error.ts';
import type { BackupFile } from './read-backup-file.ts';
import type { Tool } from './find-tools.ts';
import { libpqEnvironment } from './libpq-environment.ts';
import { COMMIT, loadPreamble } from './load-script.ts';
import { startTool } from './start-tool.ts';
import type { RunningTool } from './start-tool.ts';

export interface LoadBackup {
  backup: BackupFile;
  url: string;
  replace: boolean;
  pgRestore: Tool;
  psql: Tool;
  signal: AbortSignal;
  onBytes?: ((bytes: number) => void) | undefined;
}

/** Exit code of psql after a failed statement with ON_ERROR_STOP. */
const PSQL_STATEMENT_FAILED = 3;

const PSQL_ARGUMENTS = [
  '--no-psqlrc',
  '--quiet',
  '--no-password',
  '--set=ON_ERROR_STOP=1',
  // Details of an error quote rows.
  '--set=VERBOSITY=terse',
  '--file=-',
];

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const startPgRestore = ({ backup, pgRestore, signal, onBytes }: LoadBackup): RunningTool => {
  const args = ['--file=-', '--no-owner', '--no-privileges', `--schema=${backup.manifest.schema}`];
  const tool = startTool({ path: pgRestore.path, args, env: { LC_ALL: 'C' }, signal });
  const dump = backup.openDump();
  let bytes = 0;
  dump.on('data', (chunk: string | Buffer) => onBytes?.((bytes += chunk.length)));
  // It stops reading when it has all, or fails; both are told by how it ends.
  pipeline(dump, tool.stdin).catch(() => undefined);
  return tool;
};

const unchanged = (reason: unknown): OpsError =>
  new OpsError('UNPROCESSABLE', `The restore failed: ${messageOf(reason)}. Nothing was changed: all of it is one transaction.`, {
    cause: reason,
  });

/** Hands all that pg_restore writes to psql. @throws the failure of the one that failed first. */
const passOn = async (source: RunningTool, script: RunningTool): Promise<void> => {
  await pipeline(source.stdout, script.stdin, { end: false }).catch(async (brokenPipe: unknown) => {
    source.kill();
    await script.ended;
    throw brokenPipe;
  });
  await source.ended;
};

/** @throws OpsError UNPROCESSABLE saying whether anything was changed. */
const commit = async (script: RunningTool): Promise<void> => {
  script.stdin.end(COMMIT);
  await script.ended.catch((cause: unknown) => {
    if (script.exitCode() === PSQL_STATEMENT_FAILED) throw unchanged(cause);
    throw new OpsError(
      'UNPROCESSABLE',
      `The restore ended without an answer to its last word: ${messageOf(cause)}. Whether it took effect is not known; look with \`opsconductor db check\`.`,
      { cause },
    );
  });
};

/**
 * Loads a backup in one transaction of psql: pg_restore writes it as SQL, and COMMIT is said only after its last word.
 * @throws OpsError UNPROCESSABLE with what the programs said; then nothing was changed, unless the message says that this is not known.
 */
export const loadBackup = async (input: LoadBackup): Promise<void> => {
  const { backup, psql, url, replace, signal } = input;
  const script = startTool({ path: psql.path, args: PSQL_ARGUMENTS, env: libpqEnvironment(url), signal });
  script.stdout.resume();
  script.stdin.on('error', () => undefined);
  script.stdin.write(loadPreamble({ schema: backup.manifest.schema, replace }));
  await passOn(startPgRestore(input), script).catch(async (reason: unknown) => {
    script.kill();
    await script.ended.catch(() => undefined);
    throw unchanged(reason);
  });
  await commit(script);
};

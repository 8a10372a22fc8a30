import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { statfs } from 'node:fs/promises';
import pg from 'pg';
import type { Config } from '../../config.ts';
import { connectDatabase } from '../../db/connect.ts';
import { assertMigrated } from '../../db/migrate.ts';
import { parseKeyRing } from '../../db/seal.ts';
import { findSshd } from '../../embedded/ssh-servers/find-sshd.ts';
import { probeTemporal } from '../../embedded/probe-temporal.ts';
import { postgresBinaries } from '../../embedded/postgres-binaries.ts';
import { whichCommand } from '../../embedded/which-command.ts';
import { connectTemporalClient } from '../../temporal/connect-temporal.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { keyRingText } from '../stores.ts';

const NEEDED_MB = 200;
const CHECK_LIMIT_MS = 8_000;

interface Finding {
  /** `missing` stops OpsConductor; `note` does not. */
  state: 'ok' | 'note' | 'missing';
  what: string;
  message: string;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const check = async (what: string, look: () => Promise<string>): Promise<Finding> => {
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(() => limit.reject(new Error(`no answer in ${CHECK_LIMIT_MS / 1_000} s`)), CHECK_LIMIT_MS);
  try {
    return { state: 'ok', what, message: await Promise.race([look(), limit.promise]) };
  } catch (error) {
    return { state: 'missing', what, message: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
};

const database = async ({ databaseUrl }: Config): Promise<string> => {
  if (databaseUrl === undefined) return `embedded, ${(await postgresBinaries()).postgres}`;
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number }>(`SELECT current_setting('server_version_num')::int / 10000 AS version`);
    const version = rows[0]?.version ?? 0;
    if (version < 15) throw new Error(`The server of DATABASE_URL is PostgreSQL ${version}; OpsConductor needs 15 or later.`);
    return `PostgreSQL ${version} of DATABASE_URL answers`;
  } finally {
    await client.end();
  }
};

const schema = async ({ databaseUrl }: Config): Promise<string> => {
  if (databaseUrl === undefined) return '`opsconductor up` migrates its own database';
  const db = connectDatabase({ url: databaseUrl, poolSize: 1, applicationName: 'opsconductor-doctor' });
  try {
    await assertMigrated(db);
    return 'is that of this version';
  } finally {
    await db.close();
  }
};

const temporal = async ({ temporal: server, cacheDir }: Config): Promise<string> => {
  if (server !== undefined) {
    const client = await connectTemporalClient(server);
    try {
      // Anything may answer on a port; only Temporal knows its namespaces.
      await client.withDeadline(Date.now() + CHECK_LIMIT_MS, () =>
        client.workflowService.describeNamespace({ namespace: server.namespace }),
      );
    } catch (cause) {
      throw new Error(
        `${server.address} answers, but not as a Temporal server with the namespace ${server.namespace}. Correct TEMPORAL_ADDRESS or TEMPORAL_NAMESPACE.`,
        { cause },
      );
    } finally {
      await client.connection.close();
    }
    return `${server.address} answers (namespace ${server.namespace})`;
  }
  const found = await probeTemporal({ cacheDir });
  if (found !== undefined) return `embedded, ${found.executable} (${found.source}, ${found.version})`;
  const go =
    (await whichCommand('go')) === undefined
      ? 'there is no Go to build it with, should the download fail'
      : 'should the download fail it is built with Go (about 4 minutes)';
  return `not here yet: \`opsconductor up\` downloads it once; ${go}`;
};

const dataFolder = async ({ home }: Config): Promise<string> => {
  let folder = home;
  for (;;) {
    try {
      accessSync(folder, constants.F_OK);
      break;
    } catch {
      folder = dirname(folder);
    }
  }
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Error(`${folder} cannot be written. Set OPSCONDUCTOR_HOME to a folder that can.`);
  }
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb < NEEDED_MB)
    throw new Error(`Only ${freeMb} MB are free at ${folder}; at least ${NEEDED_MB} are needed. Make room, or set OPSCONDUCTOR_HOME.`);
  return `${home}, ${freeMb} MB free`;
};

const keys = async (config: Config): Promise<Finding> => {
  const isEmbedded = config.databaseUrl === undefined;
  try {
    const { currentId } = parseKeyRing(await keyRingText(config));
    return { state: 'ok', what: 'Key ring', message: `usable, current key ${currentId}` };
  } catch (error) {
    if (!isEmbedded) return { state: 'missing', what: 'Key ring', message: messageOf(error) };
    return { state: 'note', what: 'Key ring', message: '`opsconductor up` makes one in its data folder' };
  }
};

const sshd = (): Finding => {
  const path = findSshd();
  return path === undefined
    ? {
        state: 'note',
        what: 'sshd',
        message: 'not found: the demo uses a server of its own, tests that need OpenSSH are skipped (install openssh-server)',
      }
    : { state: 'ok', what: 'sshd', message: `${path} (for the demo and the tests)` };
};

/** `opsconductor doctor`: changes nothing; exit code 1 when something is missing. */
export const doctor = async (config: Config): Promise<void> => {
  const sign = { ok: 'ok     ', note: 'note   ', missing: 'MISSING' };
  const looks: (() => Promise<Finding> | Finding)[] = [
    () => ({ state: 'ok', what: 'Node.js', message: process.version }),
    () => check('Data folder', () => dataFolder(config)),
    () => check('Postgres', () => database(config)),
    () => check('Schema', () => schema(config)),
    () => check('Temporal', () => temporal(config)),
    () => keys(config),
    sshd,
  ];
  const findings: Finding[] = [];
  for (const look of looks) {
    const finding = await look();
    findings.push(finding);
    process.stdout.write(`${sign[finding.state]}  ${finding.what.padEnd(12)} ${finding.message}\n`);
  }
  const missing = findings.filter((finding) => finding.state === 'missing');
  process.stdout.write(
    missing.length === 0 ? '\nAll that is needed is here.\n' : `\n${missing.length} thing(s) to mend; see MISSING above.\n`,
  );
  if (missing.length > 0) process.exitCode = EXIT_CODES.failed;
};

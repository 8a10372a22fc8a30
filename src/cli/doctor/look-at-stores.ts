import { dirname } from 'node:path';
import type { Config } from '../../config.ts';
import { connectDatabase } from '../../db/connect.ts';
import { connectionProblem } from '../../db/connection-problem.ts';
import { assertMigrated } from '../../db/migrate.ts';
import { selectRow } from '../../db/query.ts';
import { versionProblem } from '../../db/server-facts.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { postgresBinaries, postgresMajorVersion } from '../../embedded/postgres-binaries.ts';
import { probeTemporal } from '../../embedded/probe-temporal.ts';
import { whichCommand } from '../../embedded/which-command.ts';
import { connectTemporalClient } from '../../temporal/connect-temporal.ts';
import { check, Note } from './finding.ts';
import type { Finding } from './finding.ts';

const CONNECT_LIMIT_MS = 5_000;
const TEMPORAL_LIMIT_MS = 8_000;

const withDatabase = async <T>(url: string, look: (db: ReturnType<typeof connectDatabase>) => Promise<T>): Promise<T> => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'opsconductor-doctor', connectTimeoutMs: CONNECT_LIMIT_MS });
  try {
    return await look(db);
  } catch (error) {
    throw connectionProblem(url, error) ?? error;
  } finally {
    await db.close();
  }
};

/** Run once: the package may be here for another machine, or without its libraries. */
const embeddedPostgres = async (): Promise<string> => {
  const binaries = await postgresBinaries();
  const version = await postgresMajorVersion(binaries, { cwd: dirname(binaries.postgres) });
  return `embedded, PostgreSQL ${version}, ${binaries.postgres}`;
};

const givenPostgres = (url: string): Promise<string> =>
  withDatabase(url, async (db) => {
    const found = await selectRow<{ versionNumber: number; version: string }>(
      db,
      `SELECT current_setting('server_version_num')::int AS "versionNumber", current_setting('server_version') AS version`,
    );
    const problem = found === undefined ? undefined : versionProblem(found);
    if (problem !== undefined) throw new OpsError('UNAVAILABLE', problem);
    return `PostgreSQL ${found?.version ?? ''} of DATABASE_URL answers`;
  });

const schema = (url: string): Promise<string> =>
  withDatabase(url, async (db) => {
    await assertMigrated(db);
    return 'is that of this version';
  });

/** The database, and whether its schema is that of this version. */
export const lookAtDatabase = async ({ databaseUrl: url }: Config): Promise<Finding[]> => {
  if (url === undefined) return [await check('Postgres', embeddedPostgres)];
  const server = await check('Postgres', () => givenPostgres(url));
  return server.state === 'ok' ? [server, await check('Schema', () => schema(url))] : [server];
};

const givenTemporal = async (server: NonNullable<Config['temporal']>): Promise<string> => {
  const client = await connectTemporalClient(server);
  try {
    // Anything may answer on a port; only Temporal knows its namespaces.
    await client.withDeadline(Date.now() + TEMPORAL_LIMIT_MS, () =>
      client.workflowService.describeNamespace({ namespace: server.namespace }),
    );
  } catch (cause) {
    const message = `${server.address} answers, but not as a Temporal server with the namespace ${server.namespace}. Correct TEMPORAL_ADDRESS or TEMPORAL_NAMESPACE.`;
    throw new OpsError('UNAVAILABLE', message, { cause });
  } finally {
    await client.connection.close();
  }
  return `${server.address} answers (namespace ${server.namespace})`;
};

const embeddedTemporal = async (cacheDir: string): Promise<string> => {
  const found = await probeTemporal({ cacheDir });
  if (found !== undefined) return `embedded, ${found.executable} (${found.source}, ${found.version})`;
  const go =
    (await whichCommand('go')) === undefined
      ? 'there is no Go to build it with, should the download fail'
      : 'should the download fail it is built with Go (about 4 minutes)';
  throw new Note(`not here yet: \`opsconductor up\` downloads it once; ${go}`);
};

export const lookAtTemporal = ({ temporal, cacheDir }: Config): Promise<Finding> =>
  check('Temporal', () => (temporal === undefined ? embeddedTemporal(cacheDir) : givenTemporal(temporal)));

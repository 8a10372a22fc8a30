import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { startPostgres } from '../../src/embedded/start-postgres.ts';
import { fillVolume } from '../queries/fill.ts';
import { sessionToken } from '../queries/small-rows.ts';
import { FULL_VOLUME } from '../queries/volume.ts';
import type { Filled } from '../queries/volume.ts';
import { apiClient } from '../support/api-client.ts';
import { freePort } from '../support/free-port.ts';
import { say } from '../support/say.ts';
import { environment, MAIN } from '../support/start-platform.ts';
import { listCases } from './list-paths.ts';
import { startLoad } from './load.ts';
import { measureLoad, SERVER_PART } from './part.ts';
import type { LoadRow, PartResult } from './part.ts';
import { turnLimitsOff } from './setting.ts';
import { startNode } from './start-node.ts';

const AIM_P95 = 60;
const CONNECTIONS = 4;
const WARM_UP_REQUESTS = 50;
/** A session of the first filled account, an administrator, that has not ended. */
const SESSION = 100;

export interface ListsOptions {
  runs: number;
  /** Asked of each list. */
  pages: number;
  nodeArgs: readonly string[];
}

const fill = async (url: string, runs: number): Promise<Filled> => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'bench' });
  try {
    await migrate(db, 'bench');
    return await fillVolume(db, url, { ...FULL_VOLUME, runs }, say);
  } finally {
    await db.close();
  }
};

/** The API alone; Temporal is away, which lists do not ask. */
const startServer = async (folder: string, databaseUrl: string, nodeArgs: readonly string[], stack: AsyncDisposableStack) => {
  const key = (): string => randomBytes(32).toString('base64');
  return startNode({
    args: [MAIN, 'server'],
    env: {
      ...environment(folder),
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
      OPSCONDUCTOR_KEYS: JSON.stringify({ current: 'bench', keys: { bench: key() }, audit: key() }),
    },
    url: /"url":"([^"]+)"/,
    nodeArgs,
    stack,
  });
};

const problemsOf = ({ name, p95, errors }: LoadRow): string[] => [
  ...(p95 < AIM_P95 ? [] : [`lists: ${name}: p95 ${p95.toFixed(0)} ms, not under ${AIM_P95}.`]),
  ...(errors === 0 ? [] : [`lists: ${name}: ${errors} errors.`]),
];

/** Pages of each list in turn over a filled database, asked by a few at once. */
export const measureLists = async (folder: string, options: ListsOptions, stack: AsyncDisposableStack): Promise<PartResult> => {
  await mkdir(folder);
  const postgres = stack.use(await startPostgres({ folder, port: 0, log: say }));
  const filled = await fill(postgres.url, options.runs);
  const server = await startServer(folder, postgres.url, options.nodeArgs, stack);
  const api = apiClient(server.url, sessionToken(SESSION));
  await turnLimitsOff(api);
  const parts = [
    { name: SERVER_PART, pid: server.pid, tree: false },
    { name: 'Postgres', pid: postgres.pid, tree: true },
  ];
  const rows: LoadRow[] = [];
  for (const { name, paths, atOnce = CONNECTIONS } of await listCases(api, filled)) {
    const load = { url: server.url, token: api.token, paths, connections: atOnce };
    await startLoad({ ...load, amount: WARM_UP_REQUESTS }, stack).finished;
    rows.push(await measureLoad(name, parts, () => startLoad({ ...load, amount: options.pages }, stack).finished));
    say(`lists: ${name}: p95 ${rows.at(-1)?.p95.toFixed(1)} ms`);
  }
  await server.stop();
  const facts = { branches: options.runs * FULL_VOLUME.targets, 'at once': CONNECTIONS };
  return { part: 'lists', rows, facts, problems: rows.flatMap(problemsOf) };
};

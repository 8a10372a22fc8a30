import { fileURLToPath } from 'node:url';
import { defineJob, startJob } from '../support/fleet.ts';
import { followRun } from '../support/follow-run.ts';
import { say } from '../support/say.ts';
import { ratioText } from '../support/table.ts';
import type { BareOptions } from './bare-server.ts';
import { startLoad } from './load.ts';
import type { LoadOptions } from './load.ts';
import { measureLoad, SERVER_PART } from './part.ts';
import type { LoadRow, PartResult } from './part.ts';
import { serversOf } from './setting.ts';
import type { Setting } from './setting.ts';
import { startNode } from './start-node.ts';

const AIMS = { perSecond: 1_500, p99: 100 };
const WARM_UP_SECONDS = 3;
const BARE = fileURLToPath(new URL('bare-server.ts', import.meta.url));

const warmed = async (options: LoadOptions, stack: AsyncDisposableStack) => {
  await startLoad({ ...options, seconds: WARM_UP_SECONDS }, stack).finished;
  return () => startLoad(options, stack).finished;
};

const problemsOf = ({ perSecond, p99, errors }: LoadRow): string[] => [
  ...(perSecond >= AIMS.perSecond ? [] : [`reads: ${perSecond.toFixed(0)} a second, not ${AIMS.perSecond}.`]),
  ...(p99 < AIMS.p99 ? [] : [`reads: p99 ${p99.toFixed(0)} ms, not under ${AIMS.p99}.`]),
  ...(errors === 0 ? [] : [`reads: ${errors} errors.`]),
];

/** One run is read again and again; beside it a server that has only the same libraries: it checks nobody, makes one statement and answers the same bytes. */
export const measureReads = async (setting: Setting, options: { seconds: number; connections: number }): Promise<PartResult> => {
  const { api, platform, databaseUrl, targets, stack } = setting;
  const { execution_serial: serial } = await startJob(api, await defineJob(api, targets.slice(0, 1), ['echo ok'], 1));
  await followRun(api, serial);
  const load = { url: platform.url, token: api.token, paths: [`/api/v1/executions/${serial}`], ...options };
  const row = await measureLoad('OpsConductor', serversOf(platform), await warmed(load, stack));
  say(`reads: ${row.perSecond.toFixed(0)} a second; now a bare server …`);
  const body = await (await api.open(`/executions/${serial}`)).text();
  const told: BareOptions = { databaseUrl, serial, body };
  const bare = await startNode({ args: [BARE], env: process.env, input: JSON.stringify(told), url: /(http:\S+)\n/, stack });
  const parts = [{ name: SERVER_PART, pid: bare.pid, tree: false }, ...platform.parts.filter(({ name }) => name === 'Postgres')];
  const bareRow = await measureLoad('bare Hono and pg', parts, await warmed({ ...load, url: bare.url }, stack));
  await bare.stop();
  return {
    part: 'reads',
    rows: [row, bareRow],
    facts: { 'OpsConductor / bare': ratioText(row.perSecond, bareRow.perSecond), 'bytes of an answer': body.length },
    problems: problemsOf(row),
  };
};

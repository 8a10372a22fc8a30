import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Branch, LogLine } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { createApiClient } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { startDemoRun, unexpectedOutcomes } from '../demo/demo-run.ts';
import type { DemoRun } from '../demo/demo-run.ts';
import { applyDemoSchedules, firingTable, untilFired } from '../demo/demo-schedule.ts';
import { startDemoTargets } from '../demo/demo-targets.ts';
import type { DemoTargets } from '../demo/demo-targets.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { allPages } from '../http/all-pages.ts';
import { createLog } from '../log.ts';
import { tookText } from '../run-text.ts';
import { inUtc } from '../schedule-text.ts';
import { startAll } from '../start-all.ts';
import type { Everything } from '../start-all.ts';
import { paintFor, paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { Stopped, abortedBy, unlessAborted, waitForSignal } from '../wait-for-signal.ts';
import { watchRun } from '../watch-run.ts';

const MOST_TARGETS = 500;

const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** Everything is temporary and on free ports, so a demo never meets an installation. */
const demoConfig = (config: Config, home: string): Config => ({
  ...config,
  home,
  databaseUrl: undefined,
  temporal: undefined,
  keyRing: undefined,
  api: { host: '127.0.0.1', port: 0 },
  postgresPort: 0,
  temporalPort: 0,
  temporalUiPort: 0,
});

/** `opsconductor demo`: exit code 0 only if every outcome is the expected one; 130 when it was stopped before. */
export const demo = async (config: Config, { targets: count, keep }: { targets: number; keep?: boolean }): Promise<void> => {
  if (count > MOST_TARGETS) throw new OpsError('VALIDATION', `A demo has at most ${MOST_TARGETS} targets.`);
  const signal = abortedBy(waitForSignal());
  const folder = await mkdtemp(join(tmpdir(), 'opsconductor-demo-'));
  await chmod(folder, 0o755);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    await runDemo({ config, folder, count, keep: keep === true, signal, stops });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say('The demo was stopped.');
    process.exitCode = EXIT_CODES.interrupted;
  } finally {
    for (const stop of stops.toReversed()) await stop();
    await rm(folder, { recursive: true, force: true });
  }
};

interface DemoOptions {
  config: Config;
  folder: string;
  count: number;
  keep: boolean;
  signal: AbortSignal;
  /** Gets what has to be undone at the end. */
  stops: (() => Promise<unknown>)[];
}

/** What starts is waited for, so that it can be stopped; of the rest the end is not. @throws Stopped */
const runDemo = async ({ config, folder, count, keep, signal, stops }: DemoOptions): Promise<void> => {
  say('Starting Postgres, Temporal, worker and API in a temporary folder …');
  const log = createLog('error');
  const everything = await startAll({ config: demoConfig(config, join(folder, 'home')), log, say, mustChangePassword: false, signal });
  stops.push(everything.stop);
  const fleet = await startDemoTargets(join(folder, 'targets'), count);
  stops.push(async () => fleet[Symbol.asyncDispose]());
  say(`${count} SSH targets are served by ${fleet.description}.`);
  await unlessAborted(runJob({ config, everything, fleet, count, keep, signal }), signal);
  if (keep) await unlessAborted(everything.failed, signal).catch(endedByStop);
};

/** With `--keep` the signal is the usual end. */
const endedByStop = (error: unknown): void => {
  if (!(error instanceof Stopped)) throw error;
};

interface DemoParts {
  config: Config;
  everything: Everything;
  fleet: DemoTargets;
  count: number;
  keep: boolean;
  signal: AbortSignal;
}

const runJob = async ({ config, everything, fleet, count, keep, signal }: DemoParts): Promise<void> => {
  const client = await logIn(everything);
  const run = await startDemoRun(client, fleet);
  signal.throwIfAborted();
  await watchRun(client, run.execution.execution_serial, { out: process.stderr, noColor: config.noColor, signal });
  signal.throwIfAborted();
  const branches = await readBranches(client, run);
  await printTable(client, run, branches, config.noColor);
  await runSchedule(client, signal);
  printSerials(run, everything, keep);
  const wrong = unexpectedOutcomes(branches, run);
  for (const problem of wrong) say(`NOT as expected: ${problem}`);
  if (wrong.length === 0) say(`As expected: ${count - 1} targets completed, ${run.failing} failed its check.`);
  else process.exitCode = EXIT_CODES.failed;
};

/** What is defined in `schedules/` fires within a minute; its ledger says what became of each instant. */
const runSchedule = async (client: ApiClient, signal: AbortSignal): Promise<void> => {
  const { serial, name, next } = await applyDemoSchedules(client);
  say(`Applied schedules/example.yaml: ${serial} "${name}" fires ${next === null ? 'within a minute' : `at ${inUtc(next)}`} …`);
  const firings = await untilFired(client, serial, signal);
  process.stdout.write(`\nThe ledger of ${serial} "${name}":\n${firingTable(firings, process.stdout.columns)}\n\n`);
};

const logIn = async ({ admin, apiUrl }: Everything): Promise<ApiClient> => {
  if (admin === undefined) throw new OpsError('INTERNAL', 'The new installation has no administrator.');
  const { token } = await createApiClient({ url: apiUrl, token: undefined }).login(admin);
  return createApiClient({ url: apiUrl, token });
};

const readBranches = async (client: ApiClient, { execution }: DemoRun): Promise<Branch[]> => {
  const branches: Branch[] = [];
  for await (const branch of allPages<Branch>((place) => client.listBranches(execution.execution_serial, place))) branches.push(branch);
  return branches;
};

const lastLine = async (client: ApiClient, { execution }: DemoRun, branch: Branch): Promise<string> => {
  const { data } = await client.listLogs(execution.execution_serial, { branch: branch.branch_serial, limit: 5_000 });
  const output = data.filter((line: LogLine) => line.stream !== null);
  return output.at(-1)?.log_message ?? '';
};

const printTable = async (client: ApiClient, run: DemoRun, branches: readonly Branch[], noColor: boolean): Promise<void> => {
  const paint = paintFor(process.stdout, noColor);
  const rows = [['TARGET', 'STATUS', 'EXIT', 'TOOK', 'LAST LINE']];
  for (const branch of branches) {
    const line = await lastLine(client, run, branch);
    rows.push([
      `${branch.target_name} ${branch.target_serial}`,
      branch.status,
      String(branch.exit_code ?? ''),
      tookText(branch, Date.now()),
      line,
    ]);
  }
  const colour = (text: string, column: number): string => (column === 1 ? paintStatus(paint, text.trim(), text) : text);
  process.stdout.write(`${renderTable(rows, { width: process.stdout.columns, right: [2, 3], paint: colour })}\n`);
};

const printSerials = ({ execution, jobSerial }: DemoRun, { apiUrl, temporalUiUrl, admin }: Everything, keep: boolean): void => {
  const serial = execution.execution_serial;
  const lines = [
    `Job ${jobSerial}, run ${serial}, branches ${serial}.0001 …, actions ${serial}.0001.0001 …`,
    ...(keep
      ? [
          `API ${apiUrl}, its reference ${apiUrl}/docs, Temporal UI ${temporalUiUrl ?? ''} (look for ${execution.workflow_id})`,
          `npx opsconductor --url ${apiUrl} login      (user ${admin?.username ?? ''}, password ${admin?.password ?? ''})`,
          `npx opsconductor --url ${apiUrl} runs show ${serial}`,
          'Ctrl-C ends the demo and removes all of it.',
        ]
      : ['To look further: `npm run demo -- --keep` leaves all of this up; `npm start` brings up an installation that stays.']),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

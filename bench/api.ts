import { readFileSync } from 'node:fs';
import { databaseUrlOf } from '../src/cli/commands/db/database-url.ts';
import { measureBeside } from './api/beside.ts';
import { measureLists } from './api/lists.ts';
import { loadTable } from './api/part.ts';
import type { PartResult } from './api/part.ts';
import { measureReads } from './api/reads.ts';
import { turnLimitsOff } from './api/setting.ts';
import type { Setting } from './api/setting.ts';
import { measureStarts } from './api/starts.ts';
import type { StartsOptions } from './api/starts.ts';
import { logIn } from './support/api-client.ts';
import { withCleanup } from './support/cleanup.ts';
import { registerTargets } from './support/fleet.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { check } from './support/say.ts';
import { startBenchSshd } from './support/sshd.ts';
import { startPlatform } from './support/start-platform.ts';
import { table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';

export const API_PARTS = ['reads', 'beside', 'starts', 'lists'] as const;
export type ApiPart = (typeof API_PARTS)[number];

export interface ApiOptions {
  only: readonly ApiPart[];
  seconds: number;
  connections: number;
  /** Of the fan-out beside which is read. */
  targets: number;
  window: number;
  /** Reads a second beside it. */
  rate: number;
  /** Runs that are started in a second; 0: as many as are accepted. */
  startRate: number;
  /** That the database of the lists is filled with. */
  runs: number;
  /** Asked of each list. */
  pages: number;
  nodeArgs: string[];
}

const BARE_SECONDS_AT_MOST = 10;

/** Temporal is told its port in its arguments, and tells it nobody. */
const temporalAddress = (pid: number): string => {
  const [, port] = /--port=(\d+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [];
  check(port !== undefined, 'The port of Temporal is not known.');
  return `127.0.0.1:${port}`;
};

const startSetting = async (folder: string, options: ApiOptions, stack: AsyncDisposableStack): Promise<Setting> => {
  const sshd = await startBenchSshd(`${folder}/ssh`, stack);
  const platform = await startPlatform(folder, stack, options.nodeArgs);
  const api = await logIn(platform.url, platform.password);
  await turnLimitsOff(api);
  const targets = await registerTargets(api, sshd, options.targets);
  const databaseUrl = await databaseUrlOf({ databaseUrl: undefined, home: `${folder}/home` });
  const address = temporalAddress(platform.parts.find(({ name }) => name === 'Temporal')?.pid ?? 0);
  return { api, platform, sshd, targets, databaseUrl, address, stack };
};

const startsOf = ({ seconds, connections, startRate }: ApiOptions): StartsOptions => ({
  seconds,
  connections,
  rate: startRate === 0 ? undefined : startRate,
  bareSeconds: Math.min(BARE_SECONDS_AT_MOST, seconds),
});

const measureParts = async (folder: string, options: ApiOptions, stack: AsyncDisposableStack): Promise<PartResult[]> => {
  const { only, seconds, connections, window, rate, runs, pages, nodeArgs } = options;
  const results: PartResult[] = [];
  if (only.some((part) => part !== 'lists')) {
    const setting = await startSetting(folder, options, stack);
    if (only.includes('reads')) results.push(await measureReads(setting, { seconds, connections }));
    if (only.includes('beside')) results.push(await measureBeside(setting, { window, rate, connections }));
    if (only.includes('starts')) results.push(await measureStarts(setting, startsOf(options)));
    await setting.platform.stop();
  }
  if (only.includes('lists')) results.push(await measureLists(`${folder}/lists`, { runs, pages, nodeArgs }, stack));
  return results;
};

const show = ({ part, rows, facts }: PartResult): string =>
  [`# ${part}`, loadTable(rows), table(['', ''], Object.entries(facts)), ''].join('\n');

/** Asks the API, as many others do, through autocannon. @throws BenchFailure naming each aim that was missed. */
export const api = (options: ApiOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const results = await measureParts(await tempFolder(stack), options, stack);
    process.stdout.write(`\napi: ${options.only.join(', ')}\n${machineLine(machine)}\n\n${results.map(show).join('\n')}\n`);
    process.stdout.write(`${JSON.stringify({ bench: 'api', at: new Date().toISOString(), ...options, machine, results })}\n`);
    const problems = results.flatMap((result) => result.problems);
    check(problems.length === 0, problems.join('\n'));
  });

import { parseArgs } from 'node:util';
import { api, API_PARTS } from './api.ts';
import { fanout } from './fanout.ts';
import { followers } from './followers.ts';
import { growth } from './growth.ts';
import { logs } from './logs.ts';
import { queries } from './queries.ts';
import { scheduleCode } from './schedule-code.ts';
import { schedules } from './schedules.ts';
import { Interrupted } from './support/cleanup.ts';
import { say } from './support/say.ts';

const USAGE = `npm run bench -- fanout [--targets 400] [--actions 1] [--window 50] [--repeat 1] [--node-arg=--cpu-prof]
npm run bench -- growth [--targets 1000,3000,10000] [--window 50] [--node-arg=--cpu-prof]
npm run bench -- logs [--lines 200000] [--follow] [--node-arg=--cpu-prof]
npm run bench -- followers [--followers 2000] [--lines 100] [--node-arg=--cpu-prof]
npm run bench -- schedules [--schedules 200] [--minutes 10] [--jitter 30] [--kills] [--at-once 1000]
npm run bench -- schedule-code [--schedules 2000] [--repeat 3]
npm run bench -- queries [--runs 5000] [--times 60]
npm run bench -- api [--only reads,beside,starts,lists] [--seconds 60] [--connections 20] [--targets 400] [--window 50] [--rate 212]
  [--start-rate 75] [--runs 5000] [--pages 400] [--node-arg=--cpu-prof]

What is measured and how: docs/benchmarks.md`;

class UsageError extends Error {}

const numberOf = (name: string, text: string, most: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new UsageError(`--${name} takes a whole number from 1 to ${most}.`);
  return value;
};

const option = (fallback: string) => ({ type: 'string', default: fallback }) as const;
const nodeArg = { type: 'string', multiple: true, default: [] as string[] } as const;

const runFanout = (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: { targets: option('400'), actions: option('1'), window: option('50'), repeat: option('1'), 'node-arg': nodeArg },
  });
  return fanout({
    targets: numberOf('targets', values.targets, 5_000),
    actions: numberOf('actions', values.actions, 50),
    window: numberOf('window', values.window, 200),
    repeat: numberOf('repeat', values.repeat, 20),
    nodeArgs: values['node-arg'],
  });
};

const runGrowth = (args: string[]): Promise<void> => {
  const { values } = parseArgs({ args, options: { targets: option('1000,3000,10000'), window: option('50'), 'node-arg': nodeArg } });
  const sizes = values.targets.split(',').map((text) => numberOf('targets', text, 20_000));
  return growth({ sizes, window: numberOf('window', values.window, 200), nodeArgs: values['node-arg'] });
};

const runLogs = (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: { lines: option('200000'), follow: { type: 'boolean', default: false }, 'node-arg': nodeArg },
  });
  // Beyond this the output is larger than the setting max_log_bytes lets into the record.
  return logs({ lines: numberOf('lines', values.lines, 1_000_000), follow: values.follow, nodeArgs: values['node-arg'] });
};

const runFollowers = (args: string[]): Promise<void> => {
  const { values } = parseArgs({ args, options: { followers: option('2000'), lines: option('100'), 'node-arg': nodeArg } });
  return followers({
    followers: numberOf('followers', values.followers, 10_000),
    lines: numberOf('lines', values.lines, 2_000),
    nodeArgs: values['node-arg'],
  });
};

const runSchedules = (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      schedules: option('200'),
      minutes: option('10'),
      jitter: option('30'),
      kills: { type: 'boolean', default: false },
      'at-once': option('0'),
    },
  });
  return schedules({
    schedules: numberOf('schedules', values.schedules, 5_000),
    minutes: numberOf('minutes', values.minutes, 600),
    jitter: numberOf('jitter', values.jitter, 59),
    kills: values.kills,
    atOnce: values['at-once'] === '0' ? 0 : numberOf('at-once', values['at-once'], 10_000),
  });
};

const runScheduleCode = (args: string[]): Promise<void> => {
  const { values } = parseArgs({ args, options: { schedules: option('2000'), repeat: option('3') } });
  return scheduleCode({ schedules: numberOf('schedules', values.schedules, 10_000), repeat: numberOf('repeat', values.repeat, 20) });
};

const runQueries = (args: string[]): Promise<void> => {
  const { values } = parseArgs({ args, options: { runs: option('5000'), times: option('60') } });
  return queries({ runs: numberOf('runs', values.runs, 50_000), times: numberOf('times', values.times, 10_000) });
};

const partsOf = (text: string) =>
  text.split(',').map((name) => {
    const part = API_PARTS.find((known) => known === name);
    if (part === undefined) throw new UsageError(`--only takes some of ${API_PARTS.join(',')}.`);
    return part;
  });

const runApi = (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      only: option(API_PARTS.join(',')),
      seconds: option('60'),
      connections: option('20'),
      targets: option('400'),
      window: option('50'),
      rate: option('212'),
      'start-rate': option('75'),
      runs: option('5000'),
      pages: option('400'),
      'node-arg': nodeArg,
    },
  });
  return api({
    only: partsOf(values.only),
    seconds: numberOf('seconds', values.seconds, 3_600),
    connections: numberOf('connections', values.connections, 1_000),
    targets: numberOf('targets', values.targets, 5_000),
    window: numberOf('window', values.window, 200),
    rate: numberOf('rate', values.rate, 10_000),
    startRate: values['start-rate'] === '0' ? 0 : numberOf('start-rate', values['start-rate'], 10_000),
    runs: numberOf('runs', values.runs, 50_000),
    pages: numberOf('pages', values.pages, 100_000),
    nodeArgs: values['node-arg'],
  });
};

const exitCodeOf = (error: unknown): number => {
  const isUsage =
    error instanceof UsageError || (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  say(error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error));
  if (isUsage) say(`\n${USAGE}`);
  if (isUsage) return 2;
  return error instanceof Interrupted ? 130 : 1;
};

const run = async ([name, ...args]: string[]): Promise<number> => {
  try {
    if (name === 'fanout') await runFanout(args);
    else if (name === 'growth') await runGrowth(args);
    else if (name === 'logs') await runLogs(args);
    else if (name === 'followers') await runFollowers(args);
    else if (name === 'schedules') await runSchedules(args);
    else if (name === 'schedule-code') await runScheduleCode(args);
    else if (name === 'queries') await runQueries(args);
    else if (name === 'api') await runApi(args);
    else throw new UsageError(name === undefined ? 'Which benchmark?' : `There is no benchmark "${name}".`);
    return 0;
  } catch (error) {
    return exitCodeOf(error);
  }
};

// What was interrupted may still wait for servers that are gone.
process.exit(await run(process.argv.slice(2)));

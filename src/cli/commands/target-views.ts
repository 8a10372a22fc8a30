import type { Command } from 'commander';
import type { TargetStatistics } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { lastLineOf, tookText } from '../run-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const GROUPS = [
  ['by_environment', 'environment'],
  ['by_status', 'status'],
  ['by_health', 'health'],
  ['by_type', 'type'],
  ['by_os', 'os'],
  ['by_method', 'protocol'],
] as const;

const statisticsText = (statistics: TargetStatistics): string => {
  const rows = GROUPS.flatMap(([group, label]) => Object.entries(statistics[group]).map(([value, count]) => [label, value, String(count)]));
  return renderTable([['OF', 'WHICH', 'TARGETS'], ...rows, ['all', '', String(statistics.total)]], { right: [2] });
};

const statistics = async (context: CliContext, { selector }: { selector?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const counted = await session.client.getTargetStatistics({ selector });
  await session.print(counted, statisticsText(counted));
};

const types = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { data } = await session.client.listTargetTypes();
  const rows = data.map(({ label, methods }) => [label, methods.join(', ')]);
  await session.print(data, renderTable([['KIND', 'USUALLY REACHED BY'], ...rows], { width: session.width }));
};

const RUNS = ['BRANCH', 'JOB', 'STATUS', 'BEGUN', 'TOOK', 'WHY'] as const;

const runs = async (context: CliContext, serial: string, { limit }: { limit: number }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const all = await Array.fromAsync(allPages((place) => session.client.listTargetRuns(serial, { ...place }), { limit }));
  const rows = all.map((run) => [
    run.branch_serial,
    run.job_name,
    run.status,
    run.started_at === null ? '' : timeText(run.started_at),
    tookText(run, Date.now()),
    lastLineOf(run.result_error),
  ]);
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column === 2 ? paintStatus(session.paint, row[column] ?? '', text) : text;
  await session.print(all, renderTable([RUNS, ...rows], { width: session.width, paint }));
};

const jobs = async (context: CliContext, serial: string, { limit }: { limit: number }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const all = await Array.fromAsync(allPages((place) => session.client.listTargetJobs(serial, { ...place }), { limit }));
  const rows = all.map(({ job_serial: job, name, by }) => [job, name, by === 'list' ? 'names it' : 'its selector fits']);
  await session.print(all, renderTable([['JOB', 'NAME', 'WHY'], ...rows], { width: session.width }));
};

/** `targets statistics|types|runs|jobs`. */
export const registerTargetViews = (targets: Command, context: CliContext): void => {
  targets
    .command('statistics')
    .description('count targets by what they are')
    .option('--selector <selector>', 'only those that it fits, such as env=production,team!=web')
    .action((options: { selector?: string }, command: Command) => statistics(context, options, command));
  targets
    .command('types')
    .description('list kinds of targets, and the protocols by which they are usually reached')
    .action((_options: object, command: Command) => types(context, command));
  targets
    .command('runs <serial>')
    .description('list what runs did on a target, newest first')
    .addOption(limitOption(100))
    .action((serial: string, options: { limit: number }, command: Command) => runs(context, serial, options, command));
  targets
    .command('jobs <serial>')
    .description('list the jobs that run on a target')
    .addOption(limitOption(1_000))
    .action((serial: string, options: { limit: number }, command: Command) => jobs(context, serial, options, command));
};

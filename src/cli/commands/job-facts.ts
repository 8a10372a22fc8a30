import { Option } from 'commander';
import type { Command } from 'commander';
import type { JobsStatistics, JobStatistics, JobUse } from '../../client/index.ts';
import { TargetStatus } from '../../contracts/enums.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, limitOption, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { targetSerials } from '../target-serial.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { renderTable } from '../terminal/render-table.ts';

const countsText = (counts: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(counts)
    .filter(([, count = 0]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none';

const secondsText = (seconds: number | null): string => (seconds === null ? '-' : `${seconds} s`);

const runsText = ({ days, runs, success_rate: rate, duration_seconds: took }: Omit<JobStatistics, 'job_serial'> | JobsStatistics): string =>
  [
    `runs of the last ${days} days: ${countsText(runs)}`,
    `success rate: ${rate === null ? '-' : `${(rate * 100).toFixed(1)} %`}`,
    `duration: median ${secondsText(took.median)}, 95 % ${secondsText(took.p95)}, longest ${secondsText(took.longest)}`,
  ]
    .map((line) => `${line}\n`)
    .join('');

const ofJob = async (session: CliSession, serial: string, days: number): Promise<void> => {
  const statistics = await session.client.getJobStatistics(serial, { days });
  const { branches, failures } = statistics;
  const lines = [`targets: ${countsText({ ...branches, total: 0 })}`, `failed by: ${countsText(failures)}`];
  await session.print(statistics, `${runsText(statistics)}${lines.map((line) => `${line}\n`).join('')}`);
};

const ofAll = async (session: CliSession, days: number): Promise<void> => {
  const statistics = await session.client.getJobsStatistics({ days });
  const { jobs, templates, by_status: byStatus, by_type: byType, most_failed: worst } = statistics;
  const head = `jobs: ${jobs} (${countsText(byStatus)}; ${countsText(byType)}), templates: ${templates}\n`;
  const failed = worst.map((job) => `  ${job.job_serial}  ${cleanText(job.name)}: ${job.failed} of ${job.runs} runs failed\n`);
  await session.print(statistics, `${head}${runsText(statistics)}${failed.join('')}`);
};

/** What uses a job or a template, for people. */
export const useText = (use: JobUse, kind: 'job' | 'template'): string => {
  const lines =
    kind === 'template'
      ? [`jobs made from it: ${use.jobs_total}`, ...use.jobs.map((job) => `  ${job.job_serial}  ${cleanText(job.name)}`)]
      : [
          `targets on its list: ${use.targets_total}`,
          `runs: ${use.runs_total}, of which ${use.open_runs_total} have not ended`,
          ...use.open_runs.map((run) => `  ${run}`),
          `schedules: ${use.schedules_total}`,
          ...use.schedules.map((schedule) => `  ${schedule.schedule_serial}  ${cleanText(schedule.name)} (${schedule.status})`),
        ];
  return lines.map((line) => `${line}\n`).join('');
};

interface TargetOptions {
  add?: string[];
  remove?: string[];
  status?: TargetStatus;
  limit: number;
}

const targets = async (context: CliContext, serial: string, options: TargetOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const [add, remove] = [await targetSerials(session.client, options.add), await targetSerials(session.client, options.remove)];
  if (add.length > 0 || remove.length > 0) {
    const input = { ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) };
    const job = await session.client.changeJobTargets(serial, input);
    session.say(`${serial} has ${job.target_count} target(s) on its list now.`);
  }
  const { status, limit } = options;
  const listed = await Array.fromAsync(allPages((place) => session.client.listJobTargets(serial, { status, ...place }), { limit }));
  const rows = listed.map((target) => [target.target_serial, target.name, target.status, target.os_type, target.environment]);
  await session.print(listed, renderTable([['SERIAL', 'NAME', 'STATUS', 'OS', 'ENVIRONMENT'], ...rows], { width: session.width }));
};

/** `jobs stats|used-by|targets`. */
export const registerJobFacts = (jobs: Command, context: CliContext): void => {
  jobs
    .command('stats [serial]')
    .description('how the runs of a job, or of all jobs, ended and how long they took')
    .addOption(new Option('--days <n>', 'runs of so many days').argParser(parseCount).default(30))
    .action(async (serial: string | undefined, { days }: { days: number }, command: Command) => {
      const session = await openSession(context, command);
      await (serial === undefined ? ofAll(session, days) : ofJob(session, serial, days));
    });
  jobs
    .command('used-by <serial>')
    .description('what starts a job and what it runs on')
    .action(async (serial: string, _options: object, command: Command) => {
      const session = await openSession(context, command);
      const use = await session.client.getJobUse(serial);
      await session.print(use, useText(use, 'job'));
    });
  jobs
    .command('targets <serial>')
    .description('list the targets of a job, and change the list; no version holds it')
    .option('--add <target>', 'by serial or name; may be given several times', collect)
    .option('--remove <target>', 'by serial or name; may be given several times', collect)
    .addOption(new Option('--status <status>').choices(TargetStatus.options))
    .addOption(limitOption(1_000))
    .action((serial: string, options: TargetOptions, command: Command) => targets(context, serial, options, command));
};

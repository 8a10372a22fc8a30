import type { Command } from 'commander';
import type { TargetLock } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { allPages } from '../http/all-pages.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

const HEADINGS = ['TARGET', 'SERIAL', 'STATE', 'BRANCH', 'JOB', 'SINCE'] as const;

const rowOf = (lock: TargetLock): string[] => [
  lock.target_name,
  lock.target_serial,
  lock.state,
  lock.branch_serial,
  lock.job_name,
  timeText(lock.since),
];

const locks = async (context: CliContext, { target }: { target?: string }, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const found = await Array.fromAsync(allPages((place) => session.client.listLocks({ target, ...place })));
  const rows = found.map(rowOf).toSorted(([one = ''], [other = '']) => one.localeCompare(other));
  await session.print(found, rows.length === 0 ? '' : renderTable([HEADINGS, ...rows], { width: session.width }));
};

/** `runs locks`. */
export const registerRunLocks = (runs: Command, context: CliContext): void => {
  runs
    .command('locks')
    .description('list which branch holds which target, and which ones wait for it')
    .option('--target <target>', 'only this target, by serial or name')
    .action((options: { target?: string }, command: Command) => locks(context, options, command));
};

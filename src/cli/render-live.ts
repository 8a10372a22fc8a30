import type { Branch } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import { createPaint, paintStatus } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';
import { percentText, progressBar } from './terminal/progress-bar.ts';
import { renderTable } from './terminal/render-table.ts';
import { fitText, textWidth } from './terminal/text-width.ts';
import type { RunProgress } from './run-progress.ts';
import { hasEnded } from './run-progress.ts';
import { branchText, countsText, tookText } from './run-text.ts';

const LONGEST_BAR = 50;

/** Where and when a live view is drawn. */
export interface Screen {
  columns: number;
  rows: number;
  now: number;
  paint: Paint;
  isConnected: boolean;
}

const headLine = ({ execution }: RunProgress, { columns, paint, isConnected }: Screen): string => {
  const asked = execution.cancel_requested_at !== null && !hasEnded(execution.status);
  const state = asked ? 'cancelling' : execution.status;
  const notice = isConnected ? '' : '  connection lost, trying again';
  const room = columns - execution.execution_serial.length - state.length - notice.length - 6;
  const name = fitText(cleanText(execution.job_name), Math.max(8, room));
  return `${paint.bold(execution.execution_serial)}  ${name}  ${paintStatus(paint, asked ? 'cancelled' : state, state)}${paint.yellow(notice)}`;
};

const barLine = (progress: RunProgress, { columns, now, paint }: Screen): string => {
  const { total, done, counts } = progress;
  if (total === 0) return paint.dim(`waiting to start, ${durationText(progress.elapsedMs(now))}`);
  const remaining = progress.remainingMs(now);
  const left = remaining === undefined ? '' : `, about ${durationText(remaining)} left`;
  const facts = ` ${percentText({ done, total }).padStart(5)}  ${done}/${total}  ${durationText(progress.elapsedMs(now))}${left}`;
  const width = Math.min(LONGEST_BAR, columns - facts.length - 3);
  return width < 5 ? fitText(facts.trim(), columns) : `[${progressBar({ done, total, failed: counts.failed }, width, paint)}]${facts}`;
};

const countsLine = (progress: RunProgress, { columns, paint }: Screen): string => {
  const plain = countsText(progress, createPaint(false));
  return textWidth(plain) <= columns ? countsText(progress, paint) : fitText(plain, columns);
};

/** What is at work first, then what has failed, what waits for a target, what has ended; what is still to come last. */
const rankOf = (branch: Branch): number => {
  if (branch.status === 'running') return 0;
  if (branch.status === 'failed') return 1;
  if (branch.hold_reason === 'lock') return 2;
  return branch.status === 'scheduled' ? 4 : 3;
};

const MARKS: Readonly<Record<Branch['status'], string>> = { running: '▸', failed: '✗', completed: '✓', cancelled: '-', scheduled: '·' };
const HEADINGS = ['', 'TARGET', 'STATE', 'TIME', 'LAST OUTPUT'];

/** The rows that the screen has room for: the first by rank, shown in the order of their numbers, so that they do not jump about. */
const chooseRows = (branches: readonly Branch[], room: number): Branch[] => {
  if (branches.length <= room) return [...branches];
  const ranks: Branch[][] = [[], [], [], [], []];
  for (const branch of branches) ranks[rankOf(branch)]?.push(branch);
  // Failures would push out what goes on, or the other way round: each has half, if there are as many.
  const [running = [], failed = []] = ranks;
  const half = Math.max(Math.ceil(room / 2), room - failed.length);
  const first = [...running.slice(0, half), ...failed.slice(-Math.max(0, room - Math.min(half, running.length)))].slice(0, room);
  // Of what has ended the latest is news.
  const ended = (ranks[3] ?? []).toSorted((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  const rest = [...running.slice(half), ...(ranks[2] ?? []), ...ended, ...(ranks[4] ?? [])];
  return [...first, ...rest.slice(0, Math.max(0, room - first.length))].toSorted((a, b) => a.branch_number - b.branch_number);
};

const leftOutText = (branches: readonly Branch[], shown: readonly Branch[]): string => {
  const counts = new Map<string, number>();
  const seen = new Set(shown);
  for (const branch of branches) if (!seen.has(branch)) counts.set(branch.status, (counts.get(branch.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
};

const tableLines = (progress: RunProgress, { columns, now, paint }: Screen, room: number): string[] => {
  const branches = progress.branches();
  if (branches.length === 0 || room < 2) return [];
  const isCut = branches.length > room - 1;
  const shown = chooseRows(branches, isCut ? room - 2 : room - 1);
  const rows = shown.map((branch) => [
    MARKS[branch.status],
    cleanText(branch.target_name),
    branch.retry_number > 0 ? `${branch.status} (again)` : branch.status,
    tookText(branch, now),
    branch.status === 'running' ? progress.lastLine(branch.branch_serial) : branchText(branch),
  ]);
  const states = shown.map(({ status }) => status);
  let row = -1;
  const table = renderTable([HEADINGS, ...rows], {
    width: columns,
    paint(text, column) {
      if (column === 0) row += 1;
      const status = states[row];
      return status !== undefined && (column === 0 || column === 2) ? paintStatus(paint, status, text) : text;
    },
  });
  const lines = table.trimEnd().split('\n');
  const [head = '', ...body] = lines;
  const left = leftOutText(branches, shown);
  return [paint.dim(head), ...body.map((line) => line.trimEnd()), ...(isCut && left !== '' ? [paint.dim(`… and ${left}`)] : [])];
};

/** The lines of the live view, never more or wider than the screen takes without scrolling. */
export const renderLive = (progress: RunProgress, screen: Screen): string[] => {
  const fitted = { ...screen, columns: Math.max(20, screen.columns - 1) };
  const table = tableLines(progress, fitted, Math.max(0, screen.rows - 4));
  return [headLine(progress, fitted), barLine(progress, fitted), countsLine(progress, fitted), ...table].slice(
    0,
    Math.max(1, screen.rows - 1),
  );
};

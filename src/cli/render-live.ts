import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import { createPaint, paintStatus } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';
import { percentText, progressBar } from './terminal/progress-bar.ts';
import { fitText, padText, textWidth } from './terminal/text-width.ts';
import type { RunProgress } from './run-progress.ts';
import { hasEnded } from './run-progress.ts';
import { countsText, failureText, tookText } from './run-text.ts';

const LONGEST_BAR = 50;
const MOST_RUNNING = 8;
const WIDEST_NAME = 24;

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

const branchLine = (mark: string, name: string, nameWidth: number, text: string, columns: number): string =>
  `  ${mark} ${padText(cleanText(name), nameWidth)}  ${fitText(text, columns - nameWidth - 6)}`;

const more = (count: number, paint: Paint): string[] => (count > 0 ? [paint.dim(`    … and ${count} more`)] : []);

const runningLines = (progress: RunProgress, { columns, now, paint }: Screen, room: number): string[] => {
  const running = progress.running();
  const shown = running.slice(0, Math.max(0, room));
  const nameWidth = Math.min(WIDEST_NAME, Math.floor(columns / 3));
  const lines = shown.map(({ branch, lastLine }) =>
    branchLine(paint.yellow('▸'), branch.target_name, nameWidth, `${padText(tookText(branch, now), 12)}${lastLine}`, columns),
  );
  return [...lines, ...more(running.length - shown.length, paint)];
};

const failureLines = ({ failures }: RunProgress, { columns, paint }: Screen, room: number): string[] => {
  if (failures.length === 0 || room < 2) return [];
  const shown = failures.slice(-Math.max(1, room - 2));
  const nameWidth = Math.min(WIDEST_NAME, Math.floor(columns / 3));
  const lines = shown.map((branch) => branchLine(paint.red('✗'), branch.target_name, nameWidth, failureText(branch), columns));
  return [paint.bold('Failures so far'), ...lines, ...more(failures.length - shown.length, paint)];
};

/** The lines of the live view, never more or wider than the screen takes without scrolling. */
export const renderLive = (progress: RunProgress, screen: Screen): string[] => {
  const fitted = { ...screen, columns: Math.max(20, screen.columns - 1) };
  const room = Math.max(0, screen.rows - 5);
  const atRun = runningLines(progress, fitted, Math.min(MOST_RUNNING, progress.failures.length === 0 ? room - 1 : Math.ceil(room / 2) - 1));
  const failures = failureLines(progress, fitted, room - atRun.length);
  return [headLine(progress, fitted), barLine(progress, fitted), countsLine(progress, fitted), ...atRun, ...failures].slice(
    0,
    Math.max(1, screen.rows - 1),
  );
};

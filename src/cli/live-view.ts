import type { Branch } from '../client/index.ts';
import type { RunEvent } from '../services/executions/follow-execution.ts';
import { cleanText } from './terminal/clean-text.ts';
import type { Paint } from './terminal/paint.ts';
import { textWidth } from './terminal/text-width.ts';
import { renderLive } from './render-live.ts';
import type { RunProgress } from './run-progress.ts';
import { failureText, summaryText } from './run-text.ts';

const FRAME_MS = 100;
const CLOCK_MS = 1_000;
const FAILURES_AT_END = 20;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_DOWN = '\r\u001b[J';

/** Shows a run while it goes on. */
export interface RunView {
  /** @param ended the branch that has ended by this event. */
  event(event: RunEvent, ended: Branch | undefined): void;
  connection(isUp: boolean): void;
  /** The run has ended, or nobody watches any more; says what came of it. */
  close(): void;
}

/** What came of a run, with its first failures. */
export const endText = (progress: RunProgress, paint: Paint): string => {
  const { execution, failures } = progress;
  const shown = failures
    .slice(0, FAILURES_AT_END)
    .map((branch) => `  ${paint.red('✗')} ${cleanText(branch.target_name)}  ${failureText(branch)}\n`);
  const left = failures.length - shown.length;
  const more = left > 0 ? [`  … and ${left} more: opsconductor runs show ${execution.execution_serial} --status failed\n`] : [];
  return [summaryText(execution, paint, Date.now()), ...shown, ...more].join('');
};

/** Rows that lines drawn for one width take at another one, where the terminal has wrapped them. */
const rowsTaken = (widths: readonly number[], columns: number): number =>
  widths.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);

const SGR = new RegExp(`${String.fromCodePoint(0x1b)}\\[[0-9;]*m`, 'g');

/** A view that is redrawn in place, at most ten times a second, on a terminal. */
export const createLiveView = (out: NodeJS.WriteStream, progress: RunProgress, paint: Paint): RunView => {
  let drawn: number[] = [];
  let isConnected = true;
  let changed = true;
  let drawnAt = 0;

  const erase = (): string => {
    const up = rowsTaken(drawn, out.columns);
    drawn = [];
    return up === 0 ? CLEAR_DOWN : `\u001b[${up}A${CLEAR_DOWN}`;
  };
  const draw = (): void => {
    const now = Date.now();
    if (!changed && now - drawnAt < CLOCK_MS) return;
    const lines = renderLive(progress, { columns: out.columns, rows: out.rows, now, paint, isConnected });
    const before = erase();
    drawn = lines.map((line) => textWidth(line.replace(SGR, '')));
    changed = false;
    drawnAt = now;
    out.write(`${before}${lines.join('\n')}\n`);
  };
  const showCursor = (): void => void out.write(SHOW_CURSOR);
  const touch = (): void => {
    changed = true;
  };

  out.write(HIDE_CURSOR);
  process.once('exit', showCursor);
  out.on('resize', touch);
  const timer = setInterval(draw, FRAME_MS);
  draw();
  return {
    event: touch,
    connection(isUp) {
      isConnected = isUp;
      touch();
    },
    close() {
      clearInterval(timer);
      out.off('resize', touch);
      process.off('exit', showCursor);
      out.write(`${erase()}${SHOW_CURSOR}${endText(progress, paint)}`);
    },
  };
};

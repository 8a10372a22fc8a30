import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import type { Paint } from './terminal/paint.ts';
import { percentText } from './terminal/progress-bar.ts';
import { endText } from './live-view.ts';
import type { RunView } from './live-view.ts';
import type { RunProgress } from './run-progress.ts';
import { countsText, failureText, tookText } from './run-text.ts';

const PROGRESS_MS = 5_000;

const progressLine = (progress: RunProgress, paint: Paint): string => {
  const { done, total } = progress;
  const elapsed = durationText(progress.elapsedMs(Date.now()));
  return `${progress.execution.execution_serial} ${percentText({ done, total })} (${done}/${total}), ${countsText(progress, paint)}, ${elapsed}\n`;
};

/** Plain lines for logs and pipes: one for each target that ends, and one about the whole at most every five seconds. */
export const createPlainView = (out: Pick<NodeJS.WritableStream, 'write'>, progress: RunProgress, paint: Paint): RunView => {
  let said = '';
  const timer = setInterval(() => {
    const facts = JSON.stringify(progress.counts);
    if (facts !== said) out.write(progressLine(progress, paint));
    said = facts;
  }, PROGRESS_MS);
  return {
    event(_event, ended) {
      if (ended === undefined) return;
      const why = ended.status === 'completed' ? '' : `  ${failureText(ended)}`;
      out.write(`${ended.status.padEnd(9)}  ${cleanText(ended.target_name)}  ${tookText(ended, Date.now())}${why}`.trimEnd().concat('\n'));
    },
    connection: (isUp) => void out.write(isUp ? 'The connection is back.\n' : 'The connection is lost, trying again.\n'),
    close() {
      clearInterval(timer);
      out.write(endText(progress, paint));
    },
  };
};

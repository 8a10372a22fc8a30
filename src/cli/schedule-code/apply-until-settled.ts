import type { AppliedSchedules, ScheduleCode } from '../../client/index.ts';
import type { CliSession } from '../cli-session.ts';
import { paintFor } from '../terminal/paint.ts';
import { percentText, progressBar } from '../terminal/progress-bar.ts';
import { createProgressLine } from '../terminal/progress-line.ts';

const BAR = 30;

/** What all calls have done together. */
const added = (sum: AppliedSchedules, next: AppliedSchedules): AppliedSchedules => ({
  ...next,
  created: sum.created + next.created,
  updated: sum.updated + next.updated,
  adopted: sum.adopted + next.adopted,
  deleted: sum.deleted + next.deleted,
  // What an earlier call has written is unchanged in a later one.
  unchanged: sum.unchanged,
  left: sum.left,
  settled: sum.settled + next.settled,
});

/** Applies, and again until Temporal has been told of all, or is told of no more. */
export const applyUntilSettled = async (session: CliSession, code: ScheduleCode): Promise<AppliedSchedules> => {
  const line = createProgressLine(session.stderr);
  const paint = paintFor(session.stderr, session.config.noColor);
  let sum = await session.client.applySchedules(code);
  const total = sum.settled + sum.pending;
  try {
    while (sum.pending > sum.failed.length) {
      const progress = { done: total - sum.pending, failed: sum.failed.length, total };
      line.show((columns) => {
        const facts = ` ${percentText(progress).padStart(5)}  ${progress.done}/${total} in Temporal`;
        return columns < BAR + facts.length + 2 ? facts.trim() : `[${progressBar(progress, BAR, paint)}]${facts}`;
      });
      const next = await session.client.applySchedules(code);
      sum = added(sum, next);
      if (next.settled + next.created + next.updated + next.adopted + next.deleted === 0) break;
    }
  } finally {
    line.clear();
  }
  return sum;
};

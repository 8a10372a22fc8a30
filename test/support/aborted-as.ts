import { Aborted } from '../../src/domain/aborted.ts';

/** What became of a work that was aborted: `work` (how far it had come), `reason`, and what it `says`. Anything else is given as it is. */
export const abortedAs = (work: Promise<unknown> | undefined): Promise<unknown> =>
  Promise.resolve(work).then(
    (result) => ({ result }),
    (error: unknown) => {
      if (!(error instanceof Aborted)) return error;
      return { work: error.work, reason: error.cause instanceof Error ? error.cause.message : error.cause, says: error.message };
    },
  );

/**
 * How far a work had come when it was aborted. `not_sent`: the target has heard nothing of it. `ended`: it is seen to have ended, or only reads.
 * `unknown`: it may have been done.
 */
export type AbortedWork = 'not_sent' | 'ended' | 'unknown';

/**
 * A work whose signal aborted. The message is a sentence about what became of it and, where that is not known, what to do; why it was aborted is
 * the `cause`, the reason of the signal.
 */
export class Aborted extends Error {
  readonly work: AbortedWork;

  constructor(work: AbortedWork, message: string, reason: unknown) {
    super(message, { cause: reason });
    this.name = 'Aborted';
    this.work = work;
  }
}

/** @throws Aborted `not_sent` when the signal has aborted */
export const throwIfNotSent = (signal: AbortSignal, message = 'Nothing was sent.'): void => {
  if (signal.aborted) throw new Aborted('not_sent', message, signal.reason);
};

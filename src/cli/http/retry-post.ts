import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../../domain/ops-error.ts';

const TRIES = 5;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;

const mayRepeat = (error: unknown): error is OpsError =>
  error instanceof OpsError && (error.code === 'UNAVAILABLE' || error.code === 'IN_PROGRESS');

const delayMs = ({ retryAfterSeconds }: OpsError, tries: number): number =>
  Math.min(LONGEST_DELAY_MS, retryAfterSeconds === undefined ? FIRST_DELAY_MS * 2 ** tries : retryAfterSeconds * 1_000);

/** Repeats a request that carries an idempotency key, so that it is done once, while the server is away or still busy with the first one. */
export const retryPost = async <Answer>(send: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!mayRepeat(error) || tries === TRIES - 1) throw error;
      await sleep(delayMs(error, tries));
    }
  }
};

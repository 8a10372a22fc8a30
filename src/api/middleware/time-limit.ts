import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';

export const DEFAULT_SECONDS = 30;

/**
 * Gives up waiting for what takes longer. What was begun goes on to its end, so that nothing is left half done: whoever repeats with the same
 * Idempotency-Key gets its answer.
 */
export const timeLimit = (seconds: number) =>
  createMiddleware<ApiEnv>(async (_, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((__, reject) => {
      timer = setTimeout(() => {
        reject(
          new OpsError(
            'UNAVAILABLE',
            `OpsConductor did not answer within ${seconds} seconds. What was asked for may still be done: look, or repeat it with the same Idempotency-Key.`,
            { retryAfterSeconds: 5 },
          ),
        );
      }, seconds * 1_000);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
    }
  });

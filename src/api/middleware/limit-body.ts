import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiEnv } from '../env.ts';

export const DEFAULT_BODY_BYTES = 1_048_576;
const SECONDS = 30;

export interface BodyLimits {
  bytes: number;
  /** Until the whole of it must have come. */
  seconds?: number;
}

/** @throws OpsError REQUEST_TIMEOUT */
const inTime = async (work: Promise<unknown>, seconds: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new OpsError('REQUEST_TIMEOUT', `The body did not come whole within ${seconds} seconds. Nothing was changed; send it again.`));
    }, seconds * 1_000);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** What ends a body before its end is the caller, or the network: none of our errors. */
const unread = (error: unknown): OpsError =>
  error instanceof OpsError
    ? error
    : new OpsError('MALFORMED_REQUEST', 'The connection ended before the body had come whole. Nothing was changed.', { cause: error });

/** Reads the body before anything else is done; one that is larger, whether or not it says its length, or does not come in time is refused. */
export const limitBody = ({ bytes, seconds = SECONDS }: BodyLimits) => {
  const limit = bodyLimit({
    maxSize: bytes,
    onError: () => {
      throw new OpsError('PAYLOAD_TOO_LARGE', `A request body may have at most ${bytes} bytes here.`);
    },
  });
  const read = async (c: Context<ApiEnv>): Promise<void> => {
    await limit(c, async () => {});
    await c.req.arrayBuffer();
  };
  return createMiddleware<ApiEnv>(async (c, next) => {
    await inTime(
      read(c).catch((error: unknown) => {
        throw unread(error);
      }),
      seconds,
    );
    await next();
  });
};

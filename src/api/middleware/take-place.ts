import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller } from '../../services/context.ts';
import type { ApiEnv } from '../env.ts';
import { watchBody } from '../watch-body.ts';

const RETRY_AFTER_SECONDS = 2;

export interface PlaceLimits {
  /** What has a place, in the plural: `searches`. */
  what: string;
  /** Of all users together, in this process. */
  inAll: number;
  ofOneUser: number;
}

/** How many requests that hold something for long are answered at once. */
export interface Places {
  /** @returns what gives the place back. @throws OpsError RATE_LIMITED: he has as many as one user may; UNAVAILABLE: all are taken */
  take(caller: Pick<Caller, 'userId' | 'username'>): () => void;
}

/** @param read the limits, asked for whenever a place is taken */
export const createPlaces = (read: () => PlaceLimits): Places => {
  const taken = new Map<number, number>();
  let all = 0;
  const add = (userId: number, count: number): void => {
    const his = (taken.get(userId) ?? 0) + count;
    all += count;
    if (his === 0) taken.delete(userId);
    else taken.set(userId, his);
  };
  return {
    take({ userId, username }) {
      const { what, inAll, ofOneUser } = read();
      const retryAfterSeconds = RETRY_AFTER_SECONDS;
      if ((taken.get(userId) ?? 0) >= ofOneUser)
        throw new OpsError(
          'RATE_LIMITED',
          `${username} has ${ofOneUser} ${what} open on this server, as many as one user may at once. Nothing was done; try again when one has ended.`,
          { retryAfterSeconds },
        );
      if (all >= inAll)
        throw new OpsError(
          'UNAVAILABLE',
          `This server answers ${inAll} ${what} at once and is busy with them. Try again in some seconds.`,
          {
            retryAfterSeconds,
          },
        );
      add(userId, 1);
      let hasLeft = false;
      return () => {
        if (!hasLeft) add(userId, -1);
        hasLeft = true;
      };
    },
  };
};

/** Holds a place until the handler has ended, and of an answer that comes bit by bit until it was taken. */
export const takePlace = (places: Places) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const leave = places.take(c.get('caller'));
    try {
      await next();
    } catch (error) {
      leave();
      throw error;
    }
    if (c.res.body === null || c.get('route').streams === undefined) leave();
    else c.res = new Response(watchBody(c.res.body, { onEnd: leave }), c.res);
  });

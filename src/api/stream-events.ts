import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { RunFeed } from '../db/run-feed.ts';
import { OpsError } from '../domain/ops-error.ts';
import { followExecution } from '../services/executions/follow-execution.ts';
import type { ServiceDeps } from '../services/context.ts';
import type { ApiEnv } from './env.ts';

/** Proxies close what is silent; and a NOTIFY that was lost delays a follower by no more than this. */
const KEEP_ALIVE_MS = 5_000;

/** Only the form that the stream sends: `Date` reads much more, such as years that Postgres does not know. */
const EVENT_ID = /^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

const parseSince = (text: string | undefined): Date | undefined => {
  if (text === undefined || text === '') return undefined;
  const date = EVENT_ID.test(text) ? new Date(text) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime())) {
    throw new OpsError('VALIDATION', 'Last-Event-ID is not the id of an event of this stream.', {
      fields: [{ path: 'Last-Event-ID', message: 'must be a time' }],
    });
  }
  return date;
};

/** Streams a run until it has ended or the client goes away; reads the database only when the run has changed. */
export const streamEvents = async (
  deps: ServiceDeps,
  feed: RunFeed,
  c: Context<ApiEnv>,
  serial: string,
  lastEventId: string | undefined,
): Promise<Response> => {
  const follower = await followExecution(deps, c.get('caller'), serial, parseSince(lastEventId));
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, async (stream) => {
    let wakeUp: () => void = () => {};
    let changed = false;
    const wake = (): void => {
      changed = true;
      wakeUp();
    };
    const unsubscribe = feed.subscribe(serial, wake);
    stream.onAbort(wake);
    try {
      while (!stream.aborted) {
        changed = false;
        const { events, more } = await follower.read();
        for (const event of events) await stream.writeSSE({ event: event.type, id: event.id, data: JSON.stringify(event.data) });
        if (events.some((event) => event.type === 'end')) return;
        if (more || changed) continue;
        const woken = await waitForWake(
          (resolve) => (wakeUp = resolve),
          () => changed,
        );
        if (!woken && !stream.aborted) await stream.write(': still here\n\n');
      }
    } finally {
      unsubscribe();
    }
  });
};

const waitForWake = (arm: (resolve: () => void) => void, isChanged: () => boolean): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), KEEP_ALIVE_MS);
    arm(() => {
      clearTimeout(timer);
      resolve(true);
    });
    if (isChanged()) {
      clearTimeout(timer);
      resolve(true);
    }
  });

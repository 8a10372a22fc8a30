import type { Context } from 'hono';
import { OpsError } from '../domain/ops-error.ts';
import type { LiveStream } from '../services/live/live-stream.ts';
import type { ApiEnv } from './env.ts';

/** Only the form that the streams send: `Date` reads much more, such as years that Postgres does not know. */
const EVENT_ID = /^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

/** The id of an event in its one form, empty for none. @throws OpsError VALIDATION */
export const eventId = (text: string | undefined): string => {
  if (text === undefined || text === '') return '';
  const date = EVENT_ID.test(text) ? new Date(text) : new Date(Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new OpsError('VALIDATION', 'Last-Event-ID is not the id of an event of this stream.', {
    fields: [{ path: 'Last-Event-ID', message: 'must be a time' }],
  });
};

/** Answers with a stream. It is read no faster than the client takes it, so that a slow one holds nothing in memory. */
export const streamLive = (c: Context<ApiEnv>, stream: LiveStream): Response => {
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await stream.next();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
      cancel: () => stream.close(),
    },
    { highWaterMark: 0 },
  );
  c.header('Content-Type', 'text/event-stream');
  // Proxies that buffer would hold events back.
  c.header('X-Accel-Buffering', 'no');
  return c.body(body, 200);
};

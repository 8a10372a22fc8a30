import { ApiError } from './api-error.ts';
import type { EventOptions, ServerEvent } from './call-options.ts';
import { createNewsFilter } from './run-news.ts';
import { sleep } from './sleep.ts';
import { createSseParser } from './sse-parser.ts';
import type { SseMessage } from './sse-parser.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
/** The server says something every five seconds; a connection that is silent for longer is dead. */
const SILENCE_MS = 20_000;

/** Opens the stream, after the event with this id. */
export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal | undefined) => Promise<Response>;

const toEvent = ({ event, id, data }: SseMessage): ServerEvent => {
  try {
    return { type: event, id, data: JSON.parse(data) as unknown };
  } catch (cause) {
    throw new ApiError('PROTOCOL_ERROR', 'The stream of events holds something that is not JSON.', { status: 200, cause });
  }
};

async function* readMessages(body: ReadableStream<Uint8Array>, silenceMs: number): AsyncGenerator<SseMessage, void, undefined> {
  const reader = body.getReader();
  const parser = createSseParser();
  try {
    for (;;) {
      const watchdog = setTimeout(() => void reader.cancel().catch(() => undefined), silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(watchdog));
      if (done) return;
      yield* parser.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What breaks a stream that may be opened again: the network, a proxy, a server that restarts or is busy; not an answer that says no. */
const isTransient = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status === undefined || error.status === 429 || error.status >= 500;

/** @param wishMs of the server. */
const pauseMs = (wishMs: number | undefined, tries: number): number => Math.min(LONGEST_DELAY_MS, wishMs ?? FIRST_DELAY_MS * 2 ** tries);

/**
 * Follows a stream to its `end`, through broken connections; what comes again is dropped. Once it has been connected it waits for a server that is away
 * for as long as it takes. Returns early when the signal is aborted.
 * @param options.types of the events that are given back; undefined: all.
 * @throws ApiError when the stream cannot be opened the first time, or the server refuses it.
 */
export async function* followEvents(
  open: OpenStream,
  { signal, onConnection, lastEventId, silenceMs = SILENCE_MS, types }: EventOptions & { types?: readonly string[] | undefined } = {},
): AsyncGenerator<ServerEvent, void, undefined> {
  const isNews = createNewsFilter();
  let lastId = lastEventId;
  let wasConnected = false;
  const isAborted = (): boolean => signal?.aborted === true;
  for (let tries = 0; !isAborted(); tries += 1) {
    let wishMs: number | undefined;
    try {
      const response = await open(lastId, signal);
      if (wasConnected) onConnection?.(true);
      wasConnected = true;
      for await (const message of readMessages(response.body ?? new Blob([]).stream(), silenceMs)) {
        const event = toEvent(message);
        if (message.id !== '') lastId = message.id;
        tries = 0;
        wishMs = message.retryMs;
        if (types?.includes(event.type) !== false && isNews(event)) yield event;
        if (event.type === 'end') return;
      }
    } catch (error) {
      if (isAborted()) return;
      if (!wasConnected || !isTransient(error)) throw error;
      if (error instanceof ApiError && error.retryAfterSeconds !== undefined) wishMs = error.retryAfterSeconds * 1_000;
    }
    onConnection?.(false);
    await sleep(pauseMs(wishMs, tries), signal).catch(() => undefined);
  }
}

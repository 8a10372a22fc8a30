import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../../domain/ops-error.ts';
import type { RunEvent } from '../../services/executions/follow-execution.ts';
import { createSseParser } from './sse-parser.ts';
import type { SseMessage } from './sse-parser.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
/** The server says something every five seconds; a connection that is silent for longer is dead. */
const SILENCE_MS = 20_000;

export interface FollowOptions {
  signal?: AbortSignal | undefined;
  /** Told when the stream breaks and when it is back. */
  onConnection?: ((isUp: boolean) => void) | undefined;
  silenceMs?: number;
}

/** Opens the stream, after the event with this id. */
export type OpenStream = (lastEventId: string | undefined, signal: AbortSignal | undefined) => Promise<Response>;

const TYPES: readonly string[] = ['execution', 'branch', 'line', 'end'];

const toEvent = ({ event, id, data }: SseMessage): RunEvent | undefined => {
  if (!TYPES.includes(event)) return undefined;
  try {
    return { type: event, id, data: JSON.parse(data) as unknown } as RunEvent;
  } catch (cause) {
    throw new OpsError('PROTOCOL_ERROR', 'The stream of events holds something that is not JSON.', { cause });
  }
};

/** Tells news from what a resumed stream sends again. Lines of a branch come in order, so the highest number says which are known. */
const createNewsFilter = (): ((event: RunEvent) => boolean) => {
  const lines = new Map<string, number>();
  const states = new Map<string, string>();
  const isNewState = (key: string, state: string): boolean => {
    const isNews = states.get(key) !== state;
    states.set(key, state);
    return isNews;
  };
  return (event) => {
    if (event.type === 'end') return true;
    if (event.type === 'execution') return isNewState('', JSON.stringify(event.data));
    if (event.type === 'branch') return isNewState(event.data.branch_serial, event.data.updated_at);
    const { branch_serial: branch, line_number: line } = event.data;
    if (branch === null || line === null) return true;
    const isNews = line > (lines.get(branch) ?? 0);
    if (isNews) lines.set(branch, line);
    return isNews;
  };
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

/** What breaks a stream that may be opened again: the network, a proxy, a server that restarts; not an answer that says no. */
const isTransient = (error: unknown): boolean => !(error instanceof OpsError) || error.code === 'UNAVAILABLE' || error.code === 'INTERNAL';

/**
 * Follows a run to its `end`, through broken connections; every line comes once. Once it has been connected it waits for a server that is away
 * for as long as it takes. Returns early when the signal is aborted.
 * @throws OpsError when the stream cannot be opened the first time, or the server refuses it.
 */
export async function* followEvents(
  open: OpenStream,
  { signal, onConnection, silenceMs = SILENCE_MS }: FollowOptions = {},
): AsyncGenerator<RunEvent, void, undefined> {
  const isNews = createNewsFilter();
  let lastEventId: string | undefined;
  let wasConnected = false;
  const isAborted = (): boolean => signal?.aborted === true;
  for (let tries = 0; !isAborted(); tries += 1) {
    try {
      const response = await open(lastEventId, signal);
      if (wasConnected) onConnection?.(true);
      wasConnected = true;
      for await (const message of readMessages(response.body ?? new Blob([]).stream(), silenceMs)) {
        const event = toEvent(message);
        if (message.id !== '') lastEventId = message.id;
        tries = 0;
        if (event !== undefined && isNews(event)) yield event;
        if (event?.type === 'end') return;
      }
    } catch (error) {
      if (isAborted()) return;
      if (!wasConnected || !isTransient(error)) throw error;
    }
    onConnection?.(false);
    await sleep(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries), undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
  }
}

import { ApiError } from './api-error.ts';
import { sleep } from './sleep.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A server that asks to wait for longer than this is not waited for: the caller decides. */
const LONGEST_WISH_SECONDS = 60;
const AWAY: readonly (number | undefined)[] = [502, 503, 504];

/** What a repeat of a request would do. */
export interface Repeatable {
  /** It carries a key: it is done once, however often it is sent. */
  hasKey: boolean;
  /** It changes nothing. */
  isRead: boolean;
}

/**
 * A request that was turned away for its rate (429) was not done, so any may be repeated. One that may have been done already is repeated only
 * if it carries a key or is a read. Maintenance lasts until a person ends it, so it is not waited for.
 */
const mayRepeat = (error: unknown, { hasKey, isRead }: Repeatable): error is ApiError => {
  if (!(error instanceof ApiError) || error.code === 'MAINTENANCE') return false;
  if (error.status === 429) return true;
  if (hasKey && (error.code === 'IN_PROGRESS' || error.status === undefined)) return true;
  return (hasKey || isRead) && AWAY.includes(error.status);
};

const delayMs = ({ retryAfterSeconds }: ApiError, tries: number): number =>
  retryAfterSeconds === undefined ? Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** tries) : retryAfterSeconds * 1_000;

interface RepeatOptions {
  tries: number;
  signal?: AbortSignal | undefined;
  /** Told why, and how long is waited before. */
  onRepeat?: ((error: ApiError, pauseMs: number) => void) | undefined;
}

/** Sends a request up to `tries` times, with the pauses that the server asks for. @throws ApiError of the last try */
export const repeat = async <Answer>(
  send: () => Promise<Answer>,
  what: Repeatable,
  { tries, signal, onRepeat }: RepeatOptions,
): Promise<Answer> => {
  for (let tried = 0; ; tried += 1) {
    try {
      return await send();
    } catch (error) {
      const isLast = tried >= tries - 1;
      if (!mayRepeat(error, what) || isLast || (error.retryAfterSeconds ?? 0) > LONGEST_WISH_SECONDS) throw error;
      const pauseMs = delayMs(error, tried);
      onRepeat?.(error, pauseMs);
      await sleep(pauseMs, signal);
    }
  }
};

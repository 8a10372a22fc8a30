import type { Endpoint } from '../contracts/transport.ts';
import { toConnectionError } from './socket-errors.ts';

/** Waits for `work`, but rejects with the signal's reason as soon as that aborts; `giveUp` then closes what the work waits for. */
export const abortable = async <T>(signal: AbortSignal, giveUp: () => void, work: Promise<T>): Promise<T> => {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    giveUp();
    aborted.reject(signal.reason);
  };
  // The work may still fail after it was given up.
  work.catch(() => undefined);
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([aborted.promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Connects and logs in within the endpoint's time.
 * @param work must end when its signal aborts.
 * @throws OpsError CONNECTION_TIMED_OUT when the time is up, or the reason of `signal`.
 */
export const withinConnectTime = async <T>(
  protocol: string,
  endpoint: Endpoint,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const clock = new AbortController();
  const late = Object.assign(new Error('the time to connect is up'), { code: 'ETIMEDOUT' });
  const timer = setTimeout(() => clock.abort(toConnectionError(protocol, endpoint, late)), endpoint.connectTimeoutMs);
  try {
    return await work(AbortSignal.any([signal, clock.signal]));
  } finally {
    clearTimeout(timer);
  }
};

import type { Endpoint } from '../../contracts/transport.ts';
import { timedOut } from './sql-errors.ts';

/** A login under way. `destroy` gives it up at once; it may be called at any time. */
export interface LoginAttempt<Link> {
  done: Promise<Link>;
  destroy(): void;
}

/**
 * Waits for a login within the time limit of the endpoint, which covers name, TCP, TLS and login; a login that is given up is destroyed.
 * @throws OpsError of the attempt or CONNECTION_TIMED_OUT, or the signal's reason.
 */
export const logIn = async <Link>(endpoint: Endpoint, signal: AbortSignal, begin: () => LoginAttempt<Link>): Promise<Link> => {
  signal.throwIfAborted();
  const givenUp = Promise.withResolvers<never>();
  const onAbort = (): void => givenUp.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => givenUp.reject(timedOut(endpoint)), endpoint.connectTimeoutMs);
  const attempt = begin();
  try {
    return await Promise.race([attempt.done, givenUp.promise]);
  } catch (error) {
    attempt.done.catch(() => undefined);
    attempt.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
};

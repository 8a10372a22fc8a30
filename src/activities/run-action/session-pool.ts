import type { Endpoint } from '../../contracts/transport.ts';
import type { OpenSession, Session } from '../../transports/transport.ts';

const IDLE_CLOSE_MS = 30_000;

interface Entry {
  opening: Promise<Session>;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** A session in use. `isNew`: it was opened for this use. */
export interface Lease {
  session: Session;
  isNew: boolean;
  /** Gives the session back: it is kept for the branch's next action, at most 30 s, or closed at once. */
  release(keep: boolean): Promise<void>;
}

export type BeforeOpening = () => Promise<void>;

/** One connection per branch, method and worker, reused by the branch's actions. */
export interface SessionPool {
  /** @param beforeOpening is done before a new connection is opened, which is not opened when it fails; not asked of one that is there. */
  acquire(key: string, endpoint: Endpoint, signal: AbortSignal, beforeOpening?: BeforeOpening): Promise<Lease>;
  /** Closes every session, used or not. */
  close(): Promise<void>;
}

/** Whoever waits for what another one opens has a time of its own. */
const withinSignal = async (opening: Promise<Session>, signal: AbortSignal): Promise<Session> => {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([opening, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};

export const createSessionPool = (openSession: OpenSession): SessionPool => {
  const entries = new Map<string, Entry>();

  const drop = async (branch: string, entry: Entry): Promise<void> => {
    clearTimeout(entry.idleTimer);
    if (entries.get(branch) === entry) entries.delete(branch);
    const session = await entry.opening.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  };

  const open = async (endpoint: Endpoint, signal: AbortSignal, beforeOpening: BeforeOpening | undefined): Promise<Session> => {
    await beforeOpening?.();
    return openSession(endpoint, signal);
  };

  const take = (
    branch: string,
    endpoint: Endpoint,
    signal: AbortSignal,
    beforeOpening: BeforeOpening | undefined,
  ): { entry: Entry; isNew: boolean } => {
    const known = entries.get(branch);
    const entry = known ?? { opening: open(endpoint, signal, beforeOpening), users: 0, idleTimer: undefined };
    entries.set(branch, entry);
    clearTimeout(entry.idleTimer);
    entry.users += 1;
    return { entry, isNew: known === undefined };
  };

  const give = async (branch: string, entry: Entry, keep: boolean): Promise<void> => {
    entry.users -= 1;
    if (!keep && entries.get(branch) === entry) entries.delete(branch);
    if (entry.users > 0) return;
    if (!keep || entries.get(branch) !== entry) return drop(branch, entry);
    entry.idleTimer = setTimeout(() => void drop(branch, entry).catch(() => undefined), IDLE_CLOSE_MS).unref();
  };

  const acquire: SessionPool['acquire'] = async (branch, endpoint, signal, beforeOpening) => {
    const { entry, isNew } = take(branch, endpoint, signal, beforeOpening);
    const opening = isNew ? entry.opening : withinSignal(entry.opening, signal);
    const session = await opening.catch(async (error: unknown) => {
      await give(branch, entry, !isNew && signal.aborted);
      if (isNew || signal.aborted) throw error;
    });
    // What somebody else opened did not open, or is broken: an own try.
    if (session === undefined) return acquire(branch, endpoint, signal, beforeOpening);
    if (!isNew && !session.isOpen) {
      await give(branch, entry, false);
      return acquire(branch, endpoint, signal, beforeOpening);
    }
    return { session, isNew, release: (keep) => give(branch, entry, keep && session.isOpen) };
  };

  return {
    acquire,
    async close() {
      await Promise.allSettled([...entries].map(([branch, entry]) => drop(branch, entry)));
    },
  };
};

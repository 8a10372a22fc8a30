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

/** One connection per branch and worker, reused by the branch's actions. */
export interface SessionPool {
  acquire(branch: string, endpoint: Endpoint, signal: AbortSignal): Promise<Lease>;
  /** Closes every session, used or not. */
  close(): Promise<void>;
}

export const createSessionPool = (openSession: OpenSession): SessionPool => {
  const entries = new Map<string, Entry>();

  const drop = async (branch: string, entry: Entry): Promise<void> => {
    clearTimeout(entry.idleTimer);
    if (entries.get(branch) === entry) entries.delete(branch);
    const session = await entry.opening.catch(() => undefined);
    await session?.[Symbol.asyncDispose]();
  };

  const reuse = async (branch: string): Promise<Entry | undefined> => {
    const entry = entries.get(branch);
    if (entry === undefined) return undefined;
    const session = await entry.opening.catch(() => undefined);
    if (session?.isOpen) return entry;
    if (entries.get(branch) === entry) entries.delete(branch);
    return undefined;
  };

  return {
    async acquire(branch, endpoint, signal) {
      const known = await reuse(branch);
      const entry = known ?? { opening: openSession(endpoint, signal), users: 0, idleTimer: undefined };
      if (known === undefined) entries.set(branch, entry);
      clearTimeout(entry.idleTimer);
      entry.users += 1;
      try {
        const session = await entry.opening;
        return {
          session,
          isNew: known === undefined,
          async release(keep) {
            entry.users -= 1;
            if (entry.users > 0) return;
            if (!keep || !session.isOpen) return drop(branch, entry);
            entry.idleTimer = setTimeout(() => void drop(branch, entry).catch(() => undefined), IDLE_CLOSE_MS).unref();
          },
        };
      } catch (error) {
        if (entries.get(branch) === entry) entries.delete(branch);
        throw error;
      }
    },
    async close() {
      await Promise.allSettled([...entries].map(([branch, entry]) => drop(branch, entry)));
    },
  };
};

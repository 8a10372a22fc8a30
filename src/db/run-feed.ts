import pg from 'pg';
import { RUN_CHANNEL } from './notify-run.ts';

const RECONNECT_MS = 1_000;

/** Wakes followers of runs in this process: one listening connection for all of them. */
export interface RunFeed {
  /** Calls `wake` after changes of the run, and after any gap in which changes may have been missed. @returns the end of the subscription. */
  subscribe(execution: string, wake: () => void): () => void;
  close(): Promise<void>;
}

/** Connects in the background and again whenever the connection is lost. */
export const createRunFeed = (databaseUrl: string): RunFeed => {
  const followers = new Map<string, Set<() => void>>();
  let client: pg.Client | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const wakeAll = (): void => {
    for (const wakes of followers.values()) for (const wake of wakes) wake();
  };

  const retry = (): void => {
    client = undefined;
    if (!closed) timer = setTimeout(() => void connect(), RECONNECT_MS);
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: 'opsconductor-feed', keepAlive: true });
    let lost = false;
    const onLost = (): void => {
      if (lost) return;
      lost = true;
      next.end().catch(() => undefined);
      retry();
    };
    next.on('error', onLost);
    next.on('end', onLost);
    next.on('notification', ({ payload }) => {
      for (const wake of followers.get(payload ?? '') ?? []) wake();
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${RUN_CHANNEL}`);
      client = next;
      wakeAll();
    } catch {
      onLost();
    }
  };

  void connect();
  return {
    subscribe(execution, wake) {
      const wakes = followers.get(execution) ?? new Set();
      followers.set(execution, wakes.add(wake));
      return () => {
        wakes.delete(wake);
        if (wakes.size === 0) followers.delete(execution);
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      wakeAll();
      await client?.end().catch(() => undefined);
    },
  };
};

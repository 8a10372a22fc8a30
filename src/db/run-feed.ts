import { ACCESS_CHANNEL } from './notify-access.ts';
import pg from 'pg';
import { RUN_CHANNEL } from './notify-run.ts';

/** Postgres channel on which is said whose rights have shrunk or ended. */
const RECONNECT_MS = 1_000;
/** A connection that is dead without saying so is found by this. */
const CHECK_MS = 5_000;
const CHECK_LIMIT_MS = 5_000;

/** Wakes followers of runs in this process: one listening connection for all of them. */
export interface RunFeed {
  /** Calls `wake` after changes of the run, and after any gap in which changes may have been missed. @returns the end of the subscription. */
  subscribe(execution: string, wake: () => void): () => void;
  /** Is told of every change of a run, and of gaps. @returns the end of the subscription. */
  subscribeAll(listener: { onRun: (execution: string) => void; onGap: () => void }): () => void;
  /** Is told when rights of somebody have shrunk, and of gaps. @returns the end of the subscription. */
  onAccessChange(look: () => void): () => void;
  /** When the connection was last known to listen, in milliseconds of `Date.now()`; undefined before the first time. */
  lastHeard(): number | undefined;
  /** Does it listen now? */
  isListening(): boolean;
  close(): Promise<void>;
}

/** A set of listeners, each of which can be taken out again. */
const createListeners = <Listener>() => {
  const listeners = new Set<Listener>();
  return {
    listeners,
    add(listener: Listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

/** Connects in the background and again whenever the connection is lost. */
export const createRunFeed = (databaseUrl: string): RunFeed => {
  const followers = new Map<string, Set<() => void>>();
  const all = createListeners<{ onRun: (execution: string) => void; onGap: () => void }>();
  const access = createListeners<() => void>();
  let client: pg.Client | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let heardAt: number | undefined;

  const wakeAll = (): void => {
    for (const wakes of followers.values()) for (const wake of wakes) wake();
    for (const { onGap } of all.listeners) onGap();
    for (const look of access.listeners) look();
  };

  const hear = ({ channel, payload = '' }: pg.Notification): void => {
    heardAt = Date.now();
    if (channel === ACCESS_CHANNEL) {
      for (const look of access.listeners) look();
      return;
    }
    for (const wake of followers.get(payload) ?? []) wake();
    for (const { onRun } of all.listeners) onRun(payload);
  };

  const retry = (): void => {
    client = undefined;
    if (!closed) timer = setTimeout(() => void connect(), RECONNECT_MS);
  };

  const watch = (listening: pg.Client, onLost: () => void): void => {
    timer = setTimeout(() => {
      const limit = setTimeout(onLost, CHECK_LIMIT_MS);
      listening.query('SELECT 1').then(
        () => {
          clearTimeout(limit);
          heardAt = Date.now();
          if (client === listening && !closed) watch(listening, onLost);
        },
        () => {
          clearTimeout(limit);
          onLost();
        },
      );
    }, CHECK_MS);
    timer.unref();
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString: databaseUrl, application_name: 'opsconductor-feed', keepAlive: true });
    let lost = false;
    const onLost = (): void => {
      if (lost) return;
      lost = true;
      clearTimeout(timer);
      next.end().catch(() => undefined);
      retry();
    };
    next.on('error', onLost);
    next.on('end', onLost);
    next.on('notification', hear);
    try {
      await next.connect();
      await next.query(`LISTEN ${RUN_CHANNEL}; LISTEN ${ACCESS_CHANNEL}`);
      client = next;
      heardAt = Date.now();
      wakeAll();
      if (!closed) watch(next, onLost);
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
    subscribeAll: all.add,
    onAccessChange: access.add,
    lastHeard: () => heardAt,
    isListening: () => client !== undefined,
    async close() {
      closed = true;
      clearTimeout(timer);
      wakeAll();
      await client?.end().catch(() => undefined);
    },
  };
};

import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../domain/ops-error.ts';
import { processIdentity } from './process-identity.ts';

/** A signal, and how long to wait for the end before the next one. */
export interface StopStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

export interface StopProcess {
  /** For messages: "Postgres". */
  what: string;
  pid: number;
  steps: readonly StopStep[];
  /** True as soon as the process is gone, false once the time is over. */
  gone: (withinMs: number) => Promise<boolean>;
}

const POLL_MS = 50;

/** Sends the signals in turn until the process is gone. @throws OpsError UNAVAILABLE when it outlives the last one, or may not be signalled. */
export const stopProcess = async ({ what, pid, steps, gone }: StopProcess): Promise<void> => {
  for (const { signal, waitMs } of steps) {
    try {
      process.kill(pid, signal);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw new OpsError('UNAVAILABLE', `${what} (pid ${pid}) belongs to another user and cannot be stopped: stop it as that user.`, {
        cause,
      });
    }
    if (await gone(waitMs)) return;
  }
  throw new OpsError(
    'UNAVAILABLE',
    `${what} (pid ${pid}) does not stop, not even when killed: see what it waits for (often a disk or network folder).`,
  );
};

/** Stops a process that this one did not start, such as what a killed `up` left behind. @throws OpsError UNAVAILABLE, see stopProcess. */
export const stopOrphan = async (what: string, pid: number, steps: readonly StopStep[]): Promise<void> => {
  const before = await processIdentity(pid);
  const gone = async (withinMs: number): Promise<boolean> => {
    const until = performance.now() + withinMs;
    for (;;) {
      const now = await processIdentity(pid);
      if (now === undefined || now.startedAt !== before?.startedAt) return true;
      if (performance.now() > until) return false;
      await sleep(POLL_MS);
    }
  };
  if (before !== undefined) await stopProcess({ what, pid, steps, gone });
};

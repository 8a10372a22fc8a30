import type { ExecutionTrigger } from '../contracts/enums.ts';

/** More than what waits here is left to the reconciler, whose row each run is. */
const MOST_WAITING = 20_000;
const AT_ONCE = 16;

type StartRun = (workflowId: string, execution: string, trigger: ExecutionTrigger) => Promise<void>;

/** Starts workflows of runs behind the answers that accepted them. */
export interface StartQueue {
  startSoon: (...run: Parameters<StartRun>) => void;
  /** Resolves when this workflow is not just being started: then Temporal knows it, or will be told later. */
  settled(workflowId: string): Promise<void>;
  /** Resolves when nothing waits and nothing is being started. */
  idle(): Promise<void>;
  /** Forgets what waits, and waits for what is being started: the reconciler starts the others. */
  stop(): Promise<void>;
}

/** What is asked of the workflow of a run, asked when it is not just being started. */
export const afterStart =
  <Answer>({ settled }: Pick<StartQueue, 'settled'>, ask: (workflowId: string) => Promise<Answer>) =>
  async (workflowId: string): Promise<Answer> => {
    await settled(workflowId);
    return ask(workflowId);
  };

/**
 * So many starts at once as Temporal takes without being slowed; accepting runs never waits for it. A start that fails is not repeated here: the row of
 * the run is the outbox, and the reconciler reads it.
 */
export const createStartQueue = (startRun: StartRun, { atOnce = AT_ONCE } = {}): StartQueue => {
  const waiting = new Set<Parameters<StartRun>>();
  const starting = new Map<string, Promise<void>>();
  let active = 0;
  let onIdle: (() => void)[] = [];

  const drain = async (): Promise<void> => {
    active += 1;
    for (const run of waiting) {
      waiting.delete(run);
      const start = startRun(...run).catch(() => undefined);
      starting.set(run[0], start);
      await start;
      starting.delete(run[0]);
    }
    active -= 1;
    if (active > 0) return;
    for (const tell of onIdle) tell();
    onIdle = [];
  };
  const idle = (): Promise<void> => (active === 0 ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve)));

  return {
    startSoon(...run) {
      if (waiting.size >= MOST_WAITING) return;
      waiting.add(run);
      if (active < atOnce) void drain();
    },
    settled: (workflowId) => starting.get(workflowId) ?? Promise.resolve(),
    idle,
    stop() {
      waiting.clear();
      return idle();
    },
  };
};

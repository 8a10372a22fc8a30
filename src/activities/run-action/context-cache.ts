import type { BranchContext } from './load-branch-context.ts';

/** As long as the session pool keeps an idle connection: who comes later logs in anew, and shall do so with what is stored then. */
const IDLE_MS = 30_000;
/** A branch that never rests sees a changed credential or setting after this time. */
const LONGEST_MS = 300_000;
const CONTEXTS_KEPT = 2_000;

interface Kept {
  loading: Promise<BranchContext>;
  loadedAtMs: number;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** What the branches of this worker need, with their secrets opened. */
export interface ContextCache {
  /** Give it back when the attempt has ended. */
  take(key: string, branch: string): Promise<BranchContext>;
  /** @param keep another action of the branch follows */
  give(key: string, keep: boolean): void;
  readonly size: number;
}

/** Keeps contexts between the actions of a branch, and secrets in memory no longer than that: not through an approval, not when a branch ends early. */
export const createContextCache = (load: (branch: string) => Promise<BranchContext>): ContextCache => {
  const contexts = new Map<string, Kept>();

  const drop = (key: string): void => {
    clearTimeout(contexts.get(key)?.idleTimer);
    contexts.delete(key);
  };

  const loadNew = (key: string, branch: string, users: number): Kept => {
    drop(key);
    const kept: Kept = { loading: load(branch), loadedAtMs: Date.now(), users, idleTimer: undefined };
    contexts.set(key, kept);
    kept.loading.catch(() => contexts.get(key) === kept && drop(key));
    const oldest = contexts.keys().next().value;
    if (contexts.size > CONTEXTS_KEPT && oldest !== undefined) drop(oldest);
    return kept;
  };

  return {
    take(key, branch) {
      const known = contexts.get(key);
      const isFresh = known !== undefined && Date.now() - known.loadedAtMs < LONGEST_MS;
      const kept = isFresh ? known : loadNew(key, branch, known?.users ?? 0);
      clearTimeout(kept.idleTimer);
      kept.users += 1;
      return kept.loading;
    },
    give(key, keep) {
      const kept = contexts.get(key);
      if (kept === undefined) return;
      kept.users -= 1;
      if (!keep) return drop(key);
      if (kept.users <= 0) kept.idleTimer = setTimeout(() => drop(key), IDLE_MS).unref();
    },
    get size() {
      return contexts.size;
    },
  };
};

import type { ServerEvent } from './call-options.ts';

interface EventData {
  execution_serial?: unknown;
  branch_serial?: unknown;
  line_number?: unknown;
  updated_at?: unknown;
}

/**
 * Tells news from what a resumed stream sends again. Lines of a branch come in order, so the highest number says which are known; a run or a branch is
 * news when its state is another than last time. Events of other types always are.
 */
export const createNewsFilter = (): ((event: ServerEvent) => boolean) => {
  const lines = new Map<string, number>();
  const states = new Map<string, string>();
  const isNewState = (key: string, state: string): boolean => {
    const isNews = states.get(key) !== state;
    states.set(key, state);
    return isNews;
  };
  return ({ type, data }) => {
    const { execution_serial: run, branch_serial: branch, line_number: line, updated_at: updated } = (data ?? {}) as EventData;
    if (type === 'execution') return isNewState(`run ${String(run)}`, JSON.stringify(data));
    if (type === 'branch') return isNewState(`branch ${String(branch)}`, String(updated));
    if (type !== 'line' || typeof branch !== 'string' || typeof line !== 'number') return true;
    const isNews = line > (lines.get(branch) ?? 0);
    if (isNews) lines.set(branch, line);
    return isNews;
  };
};

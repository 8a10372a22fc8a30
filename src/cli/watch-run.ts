import type { Execution } from '../client/index.ts';
import type { RunEvent } from '../services/executions/follow-execution.ts';
import type { ApiClient } from './api-client.ts';
import { createLiveView } from './live-view.ts';
import { createPlainView } from './plain-view.ts';
import { createRunProgress } from './run-progress.ts';
import { paintFor } from './terminal/paint.ts';

export interface WatchOptions {
  /** A terminal gets the live view, anything else plain lines. */
  out: NodeJS.WriteStream;
  noColor?: boolean;
  /** Ends the watching; the run goes on. */
  signal?: AbortSignal;
  /** Gets every event, in the place of the view. */
  onEvent?: (event: RunEvent) => Promise<void>;
}

/**
 * Shows a run until it ends or the signal is aborted.
 * @returns the run as it was last; it has not ended when the watching was stopped before.
 * @throws OpsError NOT_FOUND; UNAVAILABLE when the server does not answer at the beginning (later it is waited for).
 */
export const watchRun = async (
  client: Pick<ApiClient, 'getExecution' | 'followExecution'>,
  serial: string,
  { out, noColor = false, signal, onEvent }: WatchOptions,
): Promise<Execution> => {
  const progress = createRunProgress(await client.getExecution(serial));
  const paint = paintFor(out, noColor);
  const createView = out.isTTY ? createLiveView : createPlainView;
  const view = onEvent === undefined ? createView(out, progress, paint) : undefined;
  try {
    for await (const event of client.followExecution(serial, { signal, onConnection: (isUp) => view?.connection(isUp) })) {
      const ended = progress.apply(event);
      await onEvent?.(event);
      view?.event(event, ended);
    }
  } finally {
    view?.close();
  }
  return progress.execution;
};

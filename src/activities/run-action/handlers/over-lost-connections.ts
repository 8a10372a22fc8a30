import { setTimeout as delay } from 'node:timers/promises';
import { OpsError } from '../../../domain/ops-error.ts';
import type { ErrorCode } from '../../../domain/ops-error.ts';
import type { RemoteFiles } from '../../../transports/transport.ts';
import { able } from './action-handler.ts';
import type { ActionRun } from './action-handler.ts';

const MOST_RECONNECTS = 5;
const FIRST_DELAY_MS = 500;

/** The first connection must succeed at once; these say that a host that was there is away. */
const AWAY: readonly ErrorCode[] = [
  'CONNECTION_LOST',
  'CONNECTION_CLOSED',
  'CONNECTION_REFUSED',
  'CONNECTION_TIMED_OUT',
  'HOST_UNREACHABLE',
];

/** Does a work that can be begun again, over a new connection each time one breaks: five times, with pauses that double. */
export const overLostConnections = async <T>(run: ActionRun, work: (files: RemoteFiles) => Promise<T>): Promise<T> => {
  let wasConnected = false;
  for (let lost = 0; ;) {
    try {
      const files = able(await run.connect(), 'files', run.action);
      wasConnected = true;
      return await work(files);
    } catch (error) {
      const isAway = error instanceof OpsError && AWAY.includes(error.code);
      if (!isAway || !wasConnected || lost === MOST_RECONNECTS) throw error;
      run.note('warning', 'communication', 'file_transfer', `${error.message} The transfer goes on over a new connection.`);
      await delay(FIRST_DELAY_MS * 2 ** lost, undefined, { signal: run.signal }).catch(() => run.signal.throwIfAborted());
      lost += 1;
    }
  }
};

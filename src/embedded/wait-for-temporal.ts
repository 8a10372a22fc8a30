import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

export interface TemporalWish {
  port: number;
  namespace: string;
  /** Aborted when the server has ended: nobody will answer any more. */
  signal: AbortSignal;
}

const START_TIMEOUT_MS = 120_000;
const CALL_TIMEOUT_MS = 5_000;
const POLL_MS = 50;

const takesConnections = async (port: number): Promise<boolean> => {
  const socket = connect({ port, host: '127.0.0.1' });
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
};

/** A gRPC channel that fails its first attempt waits a second for the next; a plain connection shows earlier when it is time. */
const waitForPort = async ({ port, signal }: TemporalWish): Promise<void> => {
  while (!(await takesConnections(port))) await sleep(POLL_MS, undefined, { signal });
};

/** Answers '' or why the namespace cannot be used yet; the server makes it while it starts. */
const tryNamespace = async (connection: Connection, namespace: string): Promise<string> => {
  const described = connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
    connection.workflowService.describeNamespace({ namespace }),
  );
  return described.then(() => '', String);
};

/**
 * Resolves when the server answers for the namespace.
 * @throws Error when it does not in time; the reason of the signal.
 */
export const waitForTemporal = async (wish: TemporalWish): Promise<void> => {
  const signal = AbortSignal.any([wish.signal, AbortSignal.timeout(START_TIMEOUT_MS)]);
  await waitForPort({ ...wish, signal });
  const connection = Connection.lazy({ address: `127.0.0.1:${wish.port}` });
  try {
    for (;;) {
      const problem = await tryNamespace(connection, wish.namespace);
      if (problem === '') return;
      if (signal.aborted) throw new Error(problem);
      await sleep(POLL_MS, undefined, { signal });
    }
  } finally {
    await connection.close();
  }
};

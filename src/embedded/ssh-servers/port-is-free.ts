import { once } from 'node:events';
import { createServer } from 'node:net';
import { OpsError } from '../../domain/ops-error.ts';

/** @throws OpsError UNAVAILABLE when this machine cannot listen there, saying why. */
export const assertPortIsFree = async (address: string, port: number): Promise<void> => {
  const server = createServer();
  try {
    await once(server.listen(port, address), 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError('UNAVAILABLE', `No SSH server can listen on ${address} port ${port}: ${reason}. Choose another port.`, { cause });
  }
  server.close();
  await once(server, 'close');
};

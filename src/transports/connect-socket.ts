import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Endpoint } from '../contracts/transport.ts';
import { abortable } from './abortable.ts';
import { toConnectionError } from './socket-errors.ts';

/** A TCP connection. @throws OpsError NAME_NOT_FOUND, CONNECTION_REFUSED, HOST_UNREACHABLE, CONNECTION_TIMED_OUT, or the signal's reason */
export const connectSocket = async (protocol: string, endpoint: Endpoint, signal: AbortSignal): Promise<Socket> => {
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true, keepAlive: true });
  try {
    await abortable(signal, () => socket.destroy(), once(socket, 'connect'));
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw toConnectionError(protocol, endpoint, error);
  }
};

import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Stands before a server, and cuts a connection once that many bytes have gone through it. */
export interface CuttingProxy extends AsyncDisposable {
  port: number;
  /** Connections so far. */
  readonly connections: number;
}

/** @param limits bytes of the first connection, of the second …; those after the last are not cut. */
export const startCuttingProxy = async (port: number, limits: readonly number[]): Promise<CuttingProxy> => {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    const limit = limits[connections] ?? Infinity;
    connections += 1;
    const upstream = connect({ port, host: '127.0.0.1' });
    let passed = 0;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (chunk) => {
        passed += chunk.length;
        if (passed > limit) client.destroy();
        else if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

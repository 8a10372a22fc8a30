import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

interface Opened {
  sockets: Set<Socket>;
  isCut: boolean;
}

const current = new AsyncLocalStorage<Opened>();

// Node tells of each socket before it connects; destroyed in that moment it would connect all the same.
subscribe('net.client.socket', (message) => {
  const opened = current.getStore();
  const socket: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, 'socket') : undefined;
  if (opened === undefined || !(socket instanceof Socket)) return;
  opened.sockets.add(socket);
  socket.once('close', () => opened.sockets.delete(socket));
  if (opened.isCut) queueMicrotask(() => socket.destroy());
});

/** Begins work whose connections can be cut at any time, also while it logs in or waits for an answer: the driver of Oracle has no means for that. */
export const cuttable = <T>(work: () => Promise<T>): { working: Promise<T>; cut: () => void } => {
  const opened: Opened = { sockets: new Set(), isCut: false };
  const cut = (): void => {
    opened.isCut = true;
    for (const socket of opened.sockets) socket.destroy();
  };
  return { working: current.run(opened, work), cut };
};

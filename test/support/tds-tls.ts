import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createReader, PRELOGIN, toPackets } from './tds-packets.ts';

const APPLICATION_DATA = 0x17;

/** TLS as TDS 7 has it: the records of the handshake stand in PRELOGIN packets, all later ones go as they are. TLS 1.3 is not possible so. */
export const secure = async (socket: Socket, tls: { key: string; cert: string }): Promise<TLSSocket> => {
  const reader = createReader();
  let isRaw = false;
  const send = (bytes: Buffer, done: (error?: Error | null) => void): void => {
    const wrapped = bytes[0] === APPLICATION_DATA || isRaw ? bytes : toPackets(PRELOGIN, bytes);
    socket.write(wrapped, done);
  };
  const tunnel = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _, done) => send(chunk, done),
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }: { chunk: Buffer }) => chunk)), done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Buffer) => {
    isRaw ||= chunk[0] !== PRELOGIN && reader.rest().length === 0;
    const parts = isRaw ? [chunk] : reader.take(chunk).map(({ body }) => body);
    for (const part of parts) if (!tunnel.push(part)) socket.pause();
  });
  socket.on('close', () => tunnel.destroy());
  const secured = new TLSSocket(tunnel, { isServer: true, maxVersion: 'TLSv1.2', ...tls });
  await once(secured, 'secure');
  return secured;
};

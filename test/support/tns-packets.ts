import type { Duplex } from 'node:stream';
import { u8, u16 } from './tns-bytes.ts';

/** Types of packets of TNS. */
export const [CONNECT, ACCEPT, REFUSE, DATA, MARKER] = [1, 2, 4, 6, 12];
/** Markers: the server breaks a call off, a side has thrown away what it had, the client wants a call to end. */
export const [BREAK, RESET, INTERRUPT] = [1, 2, 3];

const HEADER = 8;
/** The largest packet, which is what most clients ask for. */
const SDU = 8_192;
const END_OF_RESPONSE = 0x20_00;

export interface Packet {
  type: number;
  /** Without the flags of a DATA packet. */
  body: Buffer;
}

/** One connection as packets. Lengths have two bytes until the ACCEPT, and four from then on. */
export const createWire = (stream: Duplex) => {
  let kept = Buffer.alloc(0);
  let isLarge = false;
  let isClosed = false;
  const waiting: PromiseWithResolvers<undefined>[] = [];
  const wake = (): void => waiting.splice(0).forEach(({ resolve }) => resolve(undefined));
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    wake();
  });
  stream.on('error', () => stream.destroy());
  stream.on('close', () => {
    isClosed = true;
    wake();
  });

  const lengthOf = (): number => (isLarge ? kept.readUInt32BE() : kept.readUInt16BE());

  const send = (type: number, body: Buffer): void => {
    const header = Buffer.alloc(HEADER);
    if (isLarge) header.writeUInt32BE(HEADER + body.length);
    else header.writeUInt16BE(HEADER + body.length);
    header.writeUInt8(type, 4);
    if (!isClosed) stream.write(Buffer.concat([header, body]));
  };

  return {
    /** The next packet; undefined: the other side has closed. */
    async next(): Promise<Packet | undefined> {
      while (kept.length < HEADER || kept.length < lengthOf()) {
        if (isClosed) return undefined;
        const more = Promise.withResolvers<undefined>();
        waiting.push(more);
        await more.promise;
      }
      const length = lengthOf();
      const type = kept.readUInt8(4);
      const body = kept.subarray(type === DATA ? HEADER + 2 : HEADER, length);
      kept = kept.subarray(length);
      return { type, body };
    },
    send,
    accept: (body: Buffer): void => {
      send(ACCEPT, body);
      isLarge = true;
    },
    marker: (kind: number): void => send(MARKER, u8(1, 0, kind)),
    /** An answer, in packets; `isMarked`: its last one says that it is. */
    data: (body: Buffer, isMarked: boolean): void => {
      const largest = SDU - HEADER - 2;
      for (let start = 0; start < body.length; start += largest) {
        const isLast = start + largest >= body.length;
        send(DATA, Buffer.concat([u16(isMarked && isLast ? END_OF_RESPONSE : 0), body.subarray(start, start + largest)]));
      }
    },
    cut: (): void => void stream.destroy(),
    end: (): void => void stream.end(),
  };
};
export type Wire = ReturnType<typeof createWire>;

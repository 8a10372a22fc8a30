/** Types of packets of MS-TDS 2.2.3.1.1. */
export const [BATCH, RPC, RESPONSE, ATTENTION, LOGIN7, PRELOGIN] = [0x01, 0x03, 0x04, 0x06, 0x10, 0x12];

const HEADER = 8;
const LARGEST_BODY = 4_096 - HEADER;

const packet = (type: number, body: Buffer, isLast: boolean): Buffer => {
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(type);
  header.writeUInt8(isLast ? 1 : 0, 1);
  header.writeUInt16BE(body.length + HEADER, 2);
  header.writeUInt8(1, 6);
  return Buffer.concat([header, body]);
};

/** A message in packets of the size that every client takes; `isEnd` false: more of the message follows. */
export const toPackets = (type: number, body: Buffer, isEnd = true): Buffer => {
  const parts: Buffer[] = [];
  for (let start = 0; start < body.length || start === 0; start += LARGEST_BODY)
    parts.push(packet(type, body.subarray(start, start + LARGEST_BODY), isEnd && start + LARGEST_BODY >= body.length));
  return Buffer.concat(parts);
};

export interface Message {
  type: number;
  body: Buffer;
}

/** Puts packets together to messages as their bytes come. */
export const createReader = () => {
  let kept = Buffer.alloc(0);
  let parts: Buffer[] = [];
  return {
    /** What came behind the last whole packet. */
    rest: (): Buffer => kept,
    take(chunk: Buffer): Message[] {
      kept = Buffer.concat([kept, chunk]);
      const messages: Message[] = [];
      while (kept.length >= HEADER && kept.length >= kept.readUInt16BE(2)) {
        const length = kept.readUInt16BE(2);
        const [type, status] = [kept.readUInt8(), kept.readUInt8(1)];
        parts.push(kept.subarray(HEADER, length));
        kept = kept.subarray(length);
        if ((status & 1) === 0) continue;
        messages.push({ type, body: Buffer.concat(parts) });
        parts = [];
      }
      return messages;
    },
  };
};

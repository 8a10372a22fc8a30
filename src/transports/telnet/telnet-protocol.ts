const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const SE = 240;
const CR = 13;
const NUL = 0;

type State = 'data' | 'cr' | 'command' | 'will' | 'do' | 'ignored' | 'block' | 'block_command';

/** What came: text without commands, and what must be answered. */
export interface Decoded {
  data: Buffer;
  answer: Buffer;
}

/** States of the byte after IAC. */
const AFTER_IAC: Readonly<Record<number, State>> = { [WILL]: 'will', [DO]: 'do', [WONT]: 'ignored', [DONT]: 'ignored', [SB]: 'block' };
const LOWEST_COMMAND = 236;

/**
 * Takes the commands of RFC 854 out of what a server sends. Every option is refused, as a plain network virtual terminal does (RFC 855), so there
 * is no window size, no binary mode and no agreement on echo; a refusal is never answered, so none can go round in circles.
 */
export const createDecoder = (): ((chunk: Buffer) => Decoded) => {
  let state: State = 'data';

  return (chunk) => {
    if (state === 'data' && !chunk.includes(IAC) && !chunk.includes(CR)) return { data: chunk, answer: Buffer.alloc(0) };
    const data: number[] = [];
    const answer: number[] = [];

    const take = (byte: number): State => {
      if (byte === IAC) return 'command';
      data.push(byte);
      return byte === CR ? 'cr' : 'data';
    };

    const refuse = (command: number, option: number): State => {
      answer.push(IAC, command, option);
      return 'data';
    };

    const afterIac = (byte: number): State => {
      if (byte === IAC) data.push(byte);
      // The mark of a Synch goes as urgent data, which sockets leave out: the byte then is the one after it.
      if (byte < LOWEST_COMMAND) return take(byte);
      return AFTER_IAC[byte] ?? 'data';
    };

    const NEXT: Readonly<Record<State, (byte: number) => State>> = {
      data: take,
      cr: (byte) => (byte === NUL ? 'data' : take(byte)),
      command: afterIac,
      will: (option) => refuse(DONT, option),
      do: (option) => refuse(WONT, option),
      ignored: () => 'data',
      block: (byte) => (byte === IAC ? 'block_command' : 'block'),
      block_command: (byte) => (byte === SE ? 'data' : 'block'),
    };

    for (const byte of chunk) state = NEXT[state](byte);
    return { data: Buffer.from(data), answer: Buffer.from(answer) };
  };
};

/** Text as it is sent: 255 is doubled, and a carriage return alone is followed by NUL (RFC 854). */
export const encodeData = (bytes: Buffer): Buffer => {
  const text = bytes.toString('latin1');
  return Buffer.from(text.replaceAll('\xff', '\xff\xff').replaceAll(/\r(?!\n)/g, '\r\0'), 'latin1');
};

/** Functions of the three rounds, and the order, shifts and constant of each (RFC 1320). */
const ROUNDS = [
  {
    mix: (x: number, y: number, z: number): number => (x & y) | (~x & z),
    order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    constant: 0,
  },
  {
    mix: (x: number, y: number, z: number): number => (x & y) | (x & z) | (y & z),
    order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    constant: 0x5a827999,
  },
  {
    mix: (x: number, y: number, z: number): number => x ^ y ^ z,
    order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
  },
] as const;

type State = [number, number, number, number];

const BLOCK_BYTES = 64;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

const addBlock = (state: State, block: Buffer): State => {
  let [a, b, c, d] = state;
  for (const { mix, order, shifts, constant } of ROUNDS) {
    for (const [step, word] of order.entries()) {
      const sum = (a + mix(b, c, d) + block.readUInt32LE(word * 4) + constant) | 0;
      [a, b, c, d] = [d, rotate(sum, shifts[step % 4] ?? 0), b, c];
    }
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0];
};

/** MD4 (RFC 1320), which NTLM takes of the password and OpenSSL 3 has no longer. For nothing else: it is broken. */
export const md4 = (data: Buffer): Buffer => {
  const padded = Buffer.alloc((Math.floor((data.length + 8) / BLOCK_BYTES) + 1) * BLOCK_BYTES);
  data.copy(padded);
  padded[data.length] = 0x80;
  padded.writeBigUInt64LE(BigInt(data.length) * 8n, padded.length - 8);
  let state: State = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476];
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) state = addBlock(state, padded.subarray(at, at + BLOCK_BYTES));
  const digest = Buffer.alloc(16);
  for (const [at, word] of state.entries()) digest.writeInt32LE(word, at * 4);
  return digest;
};

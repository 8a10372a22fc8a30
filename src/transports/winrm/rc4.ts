/** RC4, which NTLM seals with and OpenSSL 3 has no longer. @returns what encrypts the next bytes of the stream; decrypting is the same. */
export const createRc4 = (key: Buffer): ((data: Buffer) => Buffer) => {
  const box = Uint8Array.from({ length: 256 }, (_, at) => at);
  const swap = (a: number, b: number): void => {
    const kept = box[a] ?? 0;
    box[a] = box[b] ?? 0;
    box[b] = kept;
  };
  for (let at = 0, other = 0; at < 256; at += 1) {
    other = (other + (box[at] ?? 0) + (key[at % key.length] ?? 0)) & 255;
    swap(at, other);
  }
  let i = 0;
  let j = 0;
  return (data) => {
    const result = Buffer.alloc(data.length);
    for (let at = 0; at < data.length; at += 1) {
      i = (i + 1) & 255;
      j = (j + (box[i] ?? 0)) & 255;
      swap(i, j);
      result[at] = (data[at] ?? 0) ^ (box[((box[i] ?? 0) + (box[j] ?? 0)) & 255] ?? 0);
    }
    return result;
  };
};

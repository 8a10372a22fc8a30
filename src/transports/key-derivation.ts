const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----([\s\S]+?)-----END ENCRYPTED PRIVATE KEY-----/;
/** OpenSSL's default is 2,048, guides say 600,000. Opening a key holds up everything else in this process meanwhile. */
const MOST_ROUNDS = 1_000_000;
/** 1.3.6.1.4.1.11591.4.11, with its tag and length: its costs multiply. */
const SCRYPT = Buffer.from('06092b06010401da47040b', 'hex');
const SEQUENCE = 0x30;
const INTEGER = 0x02;

interface Field {
  tag: number;
  content: Buffer;
  rest: Buffer;
}

/** The first field of DER data; empty where the data are cut off, or no DER. */
const readField = (data: Buffer): Field => {
  const [tag = 0, first = 0] = data;
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  const length = bytes === 0 ? first : bytes <= 4 && data.length >= 2 + bytes ? data.readUIntBE(2, bytes) : 0;
  const start = 2 + bytes;
  return { tag, content: data.subarray(start, start + length), rest: data.subarray(start + length) };
};

function* integersIn(data: Buffer): Generator<Buffer> {
  for (let left = data; left.length > 0;) {
    const { tag, content, rest } = readField(left);
    if (tag === INTEGER) yield content;
    if (tag === SEQUENCE) yield* integersIn(content);
    left = rest;
  }
}

const isTooMany = (integer: Buffer): boolean => integer.length > 4 || BigInt(`0x${integer.toString('hex') || '0'}`) > MOST_ROUNDS;

/** Why opening an encrypted key (PKCS #8) would cost too much; the file itself names its key derivation and the rounds. */
export const derivationProblem = (privateKey: string): string | undefined => {
  const whole = readField(Buffer.from(ENCRYPTED_KEY.exec(privateKey)?.[1] ?? '', 'base64'));
  const algorithm = readField(whole.content).content;
  if (algorithm.includes(SCRYPT))
    return 'is encrypted by scrypt, which is not supported; encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc';
  return integersIn(algorithm).some(isTooMany)
    ? `asks for more than ${MOST_ROUNDS} rounds of key derivation; encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc`
    : undefined;
};

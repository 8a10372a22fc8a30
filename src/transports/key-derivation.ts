const BEGIN = '-----BEGIN ENCRYPTED PRIVATE KEY-----';
const ENCRYPTED_KEY = new RegExp(`${BEGIN}([A-Za-z0-9+/=\\s]+)-----END ENCRYPTED PRIVATE KEY-----`, 'g');
/** OpenSSL's default is 2,048, guides say 600,000. Opening a key holds up everything else in this process meanwhile. */
const MOST_ROUNDS = 1_000_000;
/** 1.3.6.1.4.1.11591.4.11, with its tag and length: its costs multiply. */
const SCRYPT = Buffer.from('06092b06010401da47040b', 'hex');
const ANEW = 'encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc';
const SEQUENCE = 0x30;
const INTEGER = 0x02;
/** The parameters of PBES2 with PBKDF2 lie four deep. */
const DEEPEST = 8;

interface Field {
  tag: number;
  content: Buffer;
  rest: Buffer;
}

/** The first field of DER data. @throws RangeError for what is no DER, or cut off */
const readField = (data: Buffer): Field => {
  const first = data.readUInt8(1);
  const bytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80) throw new RangeError('its end is not told by its length');
  const start = 2 + bytes;
  const end = start + (bytes === 0 ? first : data.readUIntBE(2, bytes));
  if (end > data.length) throw new RangeError('it is cut off');
  return { tag: data.readUInt8(0), content: data.subarray(start, end), rest: data.subarray(end) };
};

const integersIn = (data: Buffer, depth = 0): Buffer[] => {
  if (depth > DEEPEST) throw new RangeError('it is too deep');
  const found: Buffer[] = [];
  for (let left = data; left.length > 0;) {
    const { tag, content, rest } = readField(left);
    if (tag === INTEGER) found.push(content);
    if (tag === SEQUENCE) found.push(...integersIn(content, depth + 1));
    left = rest;
  }
  return found;
};

const isTooMany = (integer: Buffer): boolean => integer.length > 4 || BigInt(`0x${integer.toString('hex') || '0'}`) > MOST_ROUNDS;

const problemOf = (base64: string): string | undefined => {
  try {
    const algorithm = readField(readField(Buffer.from(base64, 'base64')).content).content;
    if (algorithm.includes(SCRYPT)) return `is encrypted by scrypt, which is not supported; ${ANEW}`;
    return integersIn(algorithm).some(isTooMany) ? `asks for more than ${MOST_ROUNDS} rounds of key derivation; ${ANEW}` : undefined;
  } catch {
    return 'is not an encrypted private key in PEM form that can be read';
  }
};

/** Why opening an encrypted key (PKCS #8) would cost too much, or cannot be told; the file itself names its key derivation and the rounds. */
export const derivationProblem = (privateKey: string): string | undefined => {
  const keys = [...privateKey.matchAll(ENCRYPTED_KEY)].map(([, body = '']) => problemOf(body));
  if (keys.length !== privateKey.split(BEGIN).length - 1) return 'is not an encrypted private key in PEM form that can be read';
  return keys.find((problem) => problem !== undefined);
};

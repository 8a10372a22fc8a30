import ssh2 from 'ssh2';

const ARMOR = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END OPENSSH PRIVATE KEY-----/;
const MAGIC_BYTES = 15;
const LENGTH_BYTES = 4;
/** ssh-keygen's default is 16 to 24, guides say 100. Opening a key holds up everything else in this process meanwhile. */
const MAX_KDF_ROUNDS = 256;

const readField = (data: Buffer, at: number): Buffer => data.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + data.readUInt32BE(at));

/** Rounds of the key derivation that the file itself asks for; 0 when it asks for none. */
const kdfRounds = (text: string): number => {
  const data = Buffer.from(ARMOR.exec(text)?.[1] ?? '', 'base64');
  try {
    const cipher = readField(data, MAGIC_BYTES);
    const kdfAt = MAGIC_BYTES + LENGTH_BYTES + cipher.length;
    const kdf = readField(data, kdfAt);
    const options = readField(data, kdfAt + LENGTH_BYTES + kdf.length);
    return options.length === 0 ? 0 : options.readUInt32BE(LENGTH_BYTES + readField(options, 0).length);
  } catch {
    return 0; // not this format, or cut off: the parser says so
  }
};

/** What is wrong with a private key or its passphrase, in words that hold neither; undefined when a login could use them. */
export const checkPrivateKey = (privateKey: string, passphrase: string | undefined): string | undefined => {
  const rounds = kdfRounds(privateKey);
  if (rounds > MAX_KDF_ROUNDS)
    return `asks for ${rounds} rounds of key derivation; at most ${MAX_KDF_ROUNDS} are accepted (ssh-keygen -p -a 100)`;
  try {
    const parsed = ssh2.utils.parseKey(privateKey, passphrase);
    const key = Array.isArray(parsed) ? parsed[0] : parsed;
    if (key === undefined || key instanceof Error) return unusable(key?.message);
    return key.isPrivateKey() ? undefined : 'is a public key; a login takes the private one';
  } catch {
    return unusable(undefined);
  }
};

const unusable = (reason: string | undefined): string => {
  if (reason === undefined) return 'is not a private key that can be read';
  if (reason.includes('no passphrase')) return 'is encrypted and needs its passphrase';
  // Parts of a broken file can stand in the other messages of the parser.
  return /passphrase|decrypt|unable to authenticate|integrity/i.test(reason)
    ? 'does not open with this passphrase'
    : 'is not a private key that can be read';
};

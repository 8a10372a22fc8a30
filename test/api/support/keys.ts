import ssh2 from 'ssh2';

const ROUNDS_AFTER = 'bcrypt';
const LENGTH_BYTES = 4;

/** ssh2 makes one in 256 that nobody can read. */
const readableKey = (passphrase: string): string => {
  for (;;) {
    const { private: text } = ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 4 });
    if (!(ssh2.utils.parseKey(text, passphrase) instanceof Error)) return text;
  }
};

/** An encrypted private key in OpenSSH's format; `rounds` replaces the number of key derivation rounds that the file states. */
export const encryptedKey = (passphrase: string, rounds?: number): string => {
  const text = readableKey(passphrase);
  if (rounds === undefined) return text;
  const lines = text.trim().split('\n');
  const data = Buffer.from(lines.slice(1, -1).join(''), 'base64');
  const options = data.indexOf(ROUNDS_AFTER) + ROUNDS_AFTER.length + LENGTH_BYTES;
  data.writeUInt32BE(rounds, options + LENGTH_BYTES + data.readUInt32BE(options));
  return [lines[0], data.toString('base64'), lines.at(-1), ''].join('\n');
};

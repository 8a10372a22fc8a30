import ssh2 from 'ssh2';

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  /** The private key file. */
  privateKey: string;
  /** The line for `authorized_keys`. */
  publicKey: string;
}

/** ssh2 1.17 drops zero bytes at the start of a public key: one pair in 256 is one that nobody can read. */
const isReadable = ({ privateKey, publicKey }: KeyPair): boolean =>
  [privateKey, publicKey].every((text) => !(ssh2.utils.parseKey(text) instanceof Error));

/** Makes an Ed25519 key pair without a passphrase. */
export const createKeyPair = (comment = 'opsconductor'): KeyPair => {
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const pair = { privateKey, publicKey };
    if (isReadable(pair)) return pair;
  }
};

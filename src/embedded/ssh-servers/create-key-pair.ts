import ssh2 from 'ssh2';

/** A key pair in OpenSSH's formats. */
export interface KeyPair {
  /** The private key file. */
  privateKey: string;
  /** The line for `authorized_keys`. */
  publicKey: string;
}

/** Makes an Ed25519 key pair without a passphrase. */
export const createKeyPair = (comment = 'opsconductor'): KeyPair => {
  const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519', { comment });
  return { privateKey, publicKey };
};

import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import type { SshKeySecret } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { SshSecret } from './ssh-endpoint.ts';

/** Ways to log in, in the order they are tried. */
export type LoginMethods = (secret: SshSecret) => AnyAuthMethod[];

const LARGEST_CACHE = 64;

const parseKey = ({ private_key, passphrase }: SshKeySecret): ParsedKey => {
  const parsed = ssh2.utils.parseKey(private_key, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) {
    const says = key?.message ?? 'no key found';
    throw new OpsError('KEY_UNUSABLE', `The private key of this credential cannot be read: ${says}. Check key and passphrase.`, {
      cause: key,
    });
  }
  if (!key.isPrivateKey()) throw new OpsError('KEY_UNUSABLE', 'The credential holds a public key; a login takes the private one.');
  return key;
};

const digestOf = ({ private_key, passphrase = '' }: SshKeySecret): string =>
  createHash('sha256')
    .update(JSON.stringify([private_key, passphrase]))
    .digest('base64');

/**
 * Makes the login methods of secrets. Keys with a passphrase are remembered once opened: opening one takes a tenth of a second of CPU,
 * and a job may log in to a thousand targets with the same.
 * The methods throw OpsError KEY_UNUSABLE for a key that cannot be read or a wrong passphrase.
 */
export const createLoginMethods = (): LoginMethods => {
  const opened = new Map<string, ParsedKey>();

  const openKey = (secret: SshKeySecret): ParsedKey => {
    if (secret.passphrase === undefined) return parseKey(secret);
    const digest = digestOf(secret);
    const key = opened.get(digest) ?? parseKey(secret);
    const [oldest] = opened.keys();
    if (opened.size >= LARGEST_CACHE && oldest !== undefined && !opened.has(digest)) opened.delete(oldest);
    opened.set(digest, key);
    return key;
  };

  return (secret) => {
    const { username } = secret;
    if (secret.type === 'ssh_key') return [{ type: 'publickey', username, key: openKey(secret) }];
    const { password } = secret;
    return [
      { type: 'password', username, password },
      {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
      },
    ];
  };
};

import { hash, verify } from '@node-rs/argon2';
import type { Settings } from '../../contracts/settings.ts';
import { OpsError } from '../../domain/ops-error.ts';

// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. Argon2id is the library's default.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** PHC string of a password. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

/** @param path of the field, for the message. @throws OpsError VALIDATION when it is shorter than the setting asks for. */
export const assertPassword = (
  { password_min_length: least }: Pick<Settings, 'password_min_length'>,
  password: string,
  path: 'password' | 'new_password',
): void => {
  if (Array.from(password).length >= least) return;
  const message = `must have at least ${least} characters`;
  throw new OpsError('VALIDATION', `The new password ${message}.`, { fields: [{ path, message }] });
};

let decoy: Promise<string> | undefined;

/** Is this the password? An unknown account (no hash, or `!`) takes as long as a known one. */
export const verifyPassword = async (stored: string | undefined, password: string): Promise<boolean> => {
  if (stored !== undefined && stored.startsWith('$')) return verify(stored, password);
  decoy ??= hashPassword('decoy');
  await verify(await decoy, password);
  return false;
};

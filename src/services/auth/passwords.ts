import { hash, verify } from '@node-rs/argon2';

// OWASP's first choice for Argon2id: 19 MiB, two passes, one lane. Argon2id is the library's default.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** PHC string of a password. */
export const hashPassword = (password: string): Promise<string> => hash(password, COST);

let decoy: Promise<string> | undefined;

/** Is this the password? An unknown account (no hash, or `!`) takes as long as a known one. */
export const verifyPassword = async (stored: string | undefined, password: string): Promise<boolean> => {
  if (stored !== undefined && stored.startsWith('$')) return verify(stored, password);
  decoy ??= hashPassword('decoy');
  await verify(await decoy, password);
  return false;
};

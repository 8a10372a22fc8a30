import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { Stores } from './run-platform.ts';

/**
 * Where the stores are when nothing is embedded: all from the environment.
 * @throws OpsError VALIDATION naming the variable that is missing.
 */
export const storesFromEnvironment = async (config: Config): Promise<Stores> => {
  const { databaseUrl, temporal } = config;
  if (databaseUrl === undefined)
    throw new OpsError(
      'VALIDATION',
      'DATABASE_URL is not set. Name the Postgres database, or run `opsconductor up`, which brings its own.',
    );
  if (temporal === undefined)
    throw new OpsError(
      'VALIDATION',
      'TEMPORAL_ADDRESS is not set. Name the Temporal server, or run `opsconductor up`, which brings its own.',
    );
  return { databaseUrl, temporal, keyRingText: await keyRingText(config) };
};

/** The key ring of the environment, else the key file of the data folder. @throws OpsError VALIDATION: there is no default key. */
export const keyRingText = async ({ keyRing, home }: Config): Promise<string> => {
  if (keyRing !== undefined) return keyRing;
  const path = join(home, 'keys.json');
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OpsError(
      'VALIDATION',
      `There is no key ring: set OPSCONDUCTOR_KEYS, or OPSCONDUCTOR_HOME to a folder that has a keys.json (looked at ${path}). There is no default key.`,
      { cause },
    );
  });
};

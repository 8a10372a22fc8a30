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

const keyFileOf = ({ home }: Config): string => join(home, 'keys.json');

/** The key ring of the environment, else the key file of the data folder; undefined when there is neither. @throws the error of the system for a file that cannot be read */
export const keyRingTextAtHand = async (config: Config): Promise<string | undefined> =>
  config.keyRing ??
  readFile(keyFileOf(config), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });

/** As keyRingTextAtHand, for what cannot do without. @throws OpsError VALIDATION: there is no default key. */
export const keyRingText = async (config: Config): Promise<string> => {
  if (config.keyRing !== undefined) return config.keyRing;
  const path = keyFileOf(config);
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OpsError(
      'VALIDATION',
      `There is no key ring: set OPSCONDUCTOR_KEYS, or OPSCONDUCTOR_HOME to a folder that has a keys.json (looked at ${path}). There is no default key.`,
      { cause },
    );
  });
};

import { accessSync, constants } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../../config.ts';
import { parseKeyRing } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { claimPort } from '../../embedded/claim-port.ts';
import { findSshd } from '../../embedded/ssh-servers/find-sshd.ts';
import { readUpRecord } from '../../embedded/up-record.ts';
import { API_PORT } from '../listen.ts';
import { keyRingText } from '../stores.ts';
import { check, Note } from './finding.ts';
import type { Finding } from './finding.ts';

const NEEDED_MB = 200;

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
};

const nearestExisting = (path: string): string => (isThere(path) ? path : nearestExisting(dirname(path)));

const dataFolder = async ({ home }: Config): Promise<string> => {
  const folder = nearestExisting(home);
  try {
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new OpsError('UNAVAILABLE', `${folder} cannot be written. Set OPSCONDUCTOR_HOME to a folder that can.`, { cause });
  }
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb < NEEDED_MB)
    throw new OpsError(
      'UNAVAILABLE',
      `Only ${freeMb} MB are free at ${folder}; at least ${NEEDED_MB} are needed. Make room, or set OPSCONDUCTOR_HOME.`,
    );
  return `${home}, ${freeMb} MB free`;
};

/** Those that `up` would open; 0 takes any free one. */
const ports = async (config: Config): Promise<string> => {
  const running = await readUpRecord(config.home);
  if (running !== undefined) return `in use by the OpsConductor that runs here (pid ${running.pid})`;
  const embedded = (isEmbedded: boolean, port: number, what: string, variable: string) => (isEmbedded ? [{ port, what, variable }] : []);
  const wishes = [
    { ...API_PORT, ...config.api },
    ...embedded(config.databaseUrl === undefined, config.postgresPort, 'the embedded Postgres', 'OPSCONDUCTOR_POSTGRES_PORT'),
    ...embedded(config.temporal === undefined, config.temporalPort, 'the embedded Temporal', 'OPSCONDUCTOR_TEMPORAL_PORT'),
    ...embedded(config.temporal === undefined, config.temporalUiPort, 'the Temporal UI', 'OPSCONDUCTOR_TEMPORAL_UI_PORT'),
  ];
  for (const wish of wishes) await claimPort(wish);
  const fixed = wishes.flatMap(({ port }) => (port === 0 ? [] : [port]));
  return fixed.length === 0 ? 'any free ones are taken' : `${fixed.join(', ')} are free`;
};

const keys = async (config: Config): Promise<string> => {
  const isMade = config.databaseUrl === undefined && config.keyRing === undefined;
  const text = await keyRingText(config).catch((error: unknown) => {
    throw isMade ? new Note('`opsconductor up` makes one in its data folder') : error;
  });
  return `usable, current key ${parseKeyRing(text).currentId}`;
};

const sshd = async (): Promise<string> => {
  const path = findSshd();
  if (path !== undefined) return `${path} (for the demo and the tests)`;
  throw new Note('not found: the demo uses a server of its own, tests that need OpenSSH are skipped (install openssh-server)');
};

export const lookAtFolder = (config: Config): Promise<Finding> => check('Data folder', () => dataFolder(config));
export const lookAtPorts = (config: Config): Promise<Finding> => check('Ports', () => ports(config));
export const lookAtKeys = (config: Config): Promise<Finding> => check('Key ring', () => keys(config));
export const lookAtSshd = (): Promise<Finding> => check('sshd', sshd);

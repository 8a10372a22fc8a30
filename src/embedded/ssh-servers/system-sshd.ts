import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { OpsError } from '../../domain/ops-error.ts';
import { createKeyPair } from './create-key-pair.ts';
import { findSshd } from './find-sshd.ts';
import { assertPortIsFree } from './port-is-free.ts';
import { sshdConfig } from './sshd-config.ts';
import { startSshdProcess } from './sshd-process.ts';
import type { SshdProcess } from './sshd-process.ts';

export interface SystemSshdOptions {
  /** Taken for configuration and keys; created when missing. Another `user` than the current one must be able to reach it. */
  folder: string;
  /** Loopback addresses to listen on, unless `wildcard`. */
  addresses: readonly string[];
  port: number;
  /** The public key line that may log in, from loopback addresses only. */
  authorizedKey: string;
  /** The only user who may log in; the current one when left out. */
  user?: string;
  /** One server on 0.0.0.0 instead of servers on the addresses. Keys are still taken from loopback addresses only. */
  wildcard?: boolean;
  /** Also lets the user in with the system password, which takes root. */
  passwordAuthentication?: boolean;
  /** false: no SFTP. */
  sftp?: boolean;
  /** PATH of what it runs. */
  path?: string;
}

export interface SystemSshd extends AsyncDisposable {
  readonly pids: readonly number[];
  /** `SHA256:…` of the host key, one for all addresses. */
  readonly hostKeyFingerprint: string;
}

/** OpenSSH ignores what is beyond. */
const ADDRESSES_A_SERVER = 16;

const inGroups = (addresses: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(addresses.length / ADDRESSES_A_SERVER) }, (_, at) =>
    addresses.slice(at * ADDRESSES_A_SERVER, (at + 1) * ADDRESSES_A_SERVER),
  );

/** Since 9.8 a failed login bars its address for a while: here all clients share one. Older servers refuse to start on the line. */
const linesForVersion = (sshd: string): string[] => {
  const { stdout, stderr } = spawnSync(sshd, ['-V'], { encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /OpenSSH_(\d+)\.(\d+)/.exec(`${stdout}${stderr}`) ?? [];
  return Number(major) * 100 + Number(minor) >= 908 ? ['PerSourcePenalties no'] : [];
};

const writeKeys = async (options: SystemSshdOptions, hostKeyFile: string, authorizedKeysFile: string): Promise<string> => {
  await mkdir(options.folder, { recursive: true });
  const hostKey = createKeyPair('opsconductor host key');
  await writeFile(hostKeyFile, hostKey.privateKey, { mode: 0o600 });
  await writeFile(authorizedKeysFile, `from="127.0.0.0/8" ${options.authorizedKey.trim()}\n`, { mode: 0o644 });
  if (options.user !== undefined) await chmod(options.folder, 0o755);
  const blob = Buffer.from(hostKey.publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;
};

/** sshd run by root keeps its unprivileged half in this empty folder, which the service of the system makes elsewhere. */
const prepareMachine = async (): Promise<void> => {
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
};

interface StartedGroup {
  server: SshdProcess;
  addresses: string[];
}

/** Adds each to `started` at once, so that those before one that fails can be stopped. */
const startGroups = async (
  sshd: string,
  options: SystemSshdOptions,
  common: { hostKeyFile: string; authorizedKeysFile: string },
  started: StartedGroup[],
): Promise<void> => {
  const groups = options.wildcard === true ? [['0.0.0.0']] : inGroups(options.addresses);
  const extraLines = [...linesForVersion(sshd), ...(options.path === undefined ? [] : [`SetEnv PATH="${options.path}"`])];
  for (const [at, addresses] of groups.entries()) {
    await Promise.all(addresses.map((address) => assertPortIsFree(address, options.port)));
    const file = join(options.folder, `sshd_config_${at}`);
    const { port, user = userInfo().username, passwordAuthentication = false, sftp = true } = options;
    await writeFile(file, sshdConfig({ ...common, addresses, port, user, passwordAuthentication, sftp, extraLines }));
    started.push({ server: startSshdProcess(sshd, file), addresses });
  }
};

/**
 * Starts the machine's own OpenSSH server, as many as the addresses take, and waits until every address accepts connections.
 * Disposing ends the servers and every session on them.
 * @throws OpsError UNAVAILABLE when the machine has no sshd, the port is taken, or sshd does not start (with what it said).
 */
export const startSystemSshd = async (options: SystemSshdOptions): Promise<SystemSshd> => {
  const sshd = findSshd();
  if (sshd === undefined) throw new OpsError('UNAVAILABLE', 'This machine has no OpenSSH server (sshd). Install openssh-server.');
  const common = { hostKeyFile: join(options.folder, 'host_key'), authorizedKeysFile: join(options.folder, 'authorized_keys') };
  const hostKeyFingerprint = await writeKeys(options, common.hostKeyFile, common.authorizedKeysFile);
  await prepareMachine();
  const started: StartedGroup[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(({ server }) => server.stop()));
  };
  try {
    await startGroups(sshd, options, common, started);
    const probes = (addresses: string[]): string[] => (options.wildcard === true ? ['127.0.0.1'] : addresses);
    await Promise.all(
      started.flatMap(({ server, addresses }) => probes(addresses).map((address) => server.untilAccepting(address, options.port))),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { pids: started.map(({ server }) => server.pid), hostKeyFingerprint, [Symbol.asyncDispose]: stop };
};

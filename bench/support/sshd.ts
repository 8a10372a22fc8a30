import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { startSystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import { freePort } from './free-port.ts';

/** One real sshd that answers on all loopback addresses, each a target. */
export interface BenchSshd {
  pid: number;
  port: number;
  username: string;
  privateKey: string;
  /** The private key as a file for the programs of OpenSSH. */
  keyFile: string;
}

const USERNAME = 'opsc-bench';

const make = (command: string, args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The user ${USERNAME} cannot be made: ${error?.message ?? stderr}`);
};

/** As root a user whose shell reads no start files; root's often do, slowly. It stays on the machine; without a password, by `*`: sshd lets `!` in by no key. */
const benchUser = (): string => {
  if (process.getuid?.() !== 0) return userInfo().username;
  const isThere = spawnSync('id', [USERNAME]).status === 0;
  if (!isThere) make('useradd', ['--create-home', '--shell', '/bin/sh', '--password', '*', USERNAME]);
  return USERNAME;
};

/** The n-th address, from 127.0.1.1 on. */
export const loopbackAddress = (index: number): string =>
  `127.${Math.floor(index / 62_500)}.${1 + (Math.floor(index / 250) % 250)}.${1 + (index % 250)}`;

/** @param folder that the user may pass through. @throws OpsError UNAVAILABLE when the machine has no sshd. */
export const startBenchSshd = async (folder: string, stack: AsyncDisposableStack): Promise<BenchSshd> => {
  const username = benchUser();
  const keys = createKeyPair('opsconductor bench');
  const port = await freePort('0.0.0.0');
  const keyFile = join(folder, 'client-key');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  await writeFile(keyFile, keys.privateKey, { mode: 0o600 });
  const server = stack.use(
    await startSystemSshd({
      folder: join(folder, 'sshd'),
      addresses: [],
      wildcard: true,
      port,
      authorizedKey: keys.publicKey,
      user: username,
    }),
  );
  return { pid: server.pids[0] ?? 0, port, username, privateKey: keys.privateKey, keyFile };
};

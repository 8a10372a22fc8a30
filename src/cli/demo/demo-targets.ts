import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { createKeyPair } from '../../embedded/ssh-servers/create-key-pair.ts';
import { findSshd } from '../../embedded/ssh-servers/find-sshd.ts';
import { startInProcessSshd } from '../../embedded/ssh-servers/in-process-sshd.ts';
import { startSystemSshd } from '../../embedded/ssh-servers/system-sshd.ts';

export interface DemoTarget {
  name: string;
  host: string;
  port: number;
}

/** SSH servers on loopback that stand for a fleet. */
export interface DemoTargets extends AsyncDisposable {
  /** What they are, for people. */
  description: string;
  username: string;
  privateKey: string;
  targets: DemoTarget[];
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const nameOf = (index: number): string => `demo-${String(index + 1).padStart(2, '0')}`;
const loopback = (index: number): string => `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}`;

/** Only Linux answers on the whole of 127.0.0.0/8 without being set up; elsewhere each target is a port of 127.0.0.1. */
const places = async (count: number): Promise<DemoTarget[]> => {
  const port = await freePort();
  if (process.platform === 'linux')
    return Array.from({ length: count }, (_, index) => ({ name: nameOf(index), host: loopback(index), port }));
  return Promise.all(
    Array.from({ length: count }, async (_, index) => ({ name: nameOf(index), host: '127.0.0.1', port: await freePort() })),
  );
};

const stopAll = (servers: readonly AsyncDisposable[]): Promise<unknown> =>
  Promise.allSettled(servers.map((server) => server[Symbol.asyncDispose]()));

/** Where one does not start, those that have started are stopped. */
const allOrNone = async <T extends AsyncDisposable>(starting: readonly Promise<T>[]): Promise<T[]> => {
  const results = await Promise.allSettled(starting);
  const servers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return servers;
  await stopAll(servers);
  throw failed.reason;
};

/** Starts the targets: by the machine's own sshd where it is installed, else by an SSH server inside this process. */
export const startDemoTargets = async (folder: string, count: number): Promise<DemoTargets> => {
  const targets = await places(count);
  const { privateKey, publicKey } = createKeyPair('opsconductor demo');
  const username = userInfo().username;
  const sshd = process.platform === 'linux' ? findSshd() : undefined;
  const ports = [...new Set(targets.map((target) => target.port))];
  const addressesAt = (port: number): string[] => targets.filter((target) => target.port === port).map((target) => target.host);
  const servers = await allOrNone(
    ports.map((port) =>
      sshd === undefined
        ? startInProcessSshd({ addresses: addressesAt(port), port, authorizedKey: publicKey })
        : startSystemSshd({ folder: join(folder, `sshd-${port}`), addresses: addressesAt(port), port, authorizedKey: publicKey }),
    ),
  );
  return {
    description:
      sshd === undefined ? 'an SSH server inside this process (no sshd is installed)' : `the OpenSSH server of this machine (${sshd})`,
    username,
    privateKey,
    targets,
    async [Symbol.asyncDispose]() {
      await stopAll(servers);
    },
  };
};

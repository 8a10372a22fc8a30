import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { ensureSystemUser } from './system-user.ts';
import { canMakeUsers } from './test-user.ts';

const TELNETD = '/usr/sbin/telnetd';

/** Tests of a real telnet server are left out on a machine without inetutils' one, or where no user can be made; never in CI, where they then fail. */
export const withoutTelnetd = !(existsSync(TELNETD) && canMakeUsers()) && process.env['CI'] === undefined;

/** An endpoint for a telnet server on this machine. */
export const telnetEndpoint = (
  port: number,
  login: { username: string; password: string },
  config: Record<string, unknown> = {},
  fields: Partial<Endpoint> = {},
): Endpoint => ({
  methodType: 'telnet',
  host: '127.0.0.1',
  port,
  config,
  hostKeyFingerprint: undefined,
  platform: 'posix',
  connectTimeoutMs: 20_000,
  keepAliveMs: 0,
  secret: { type: 'password', ...login },
  ...fields,
});

export interface TelnetdFixture extends AsyncDisposable {
  port: number;
  username: string;
  password: string;
  endpoint(config?: Record<string, unknown>, fields?: Partial<Endpoint>): Endpoint;
  /** Ends the servers of all connections, as a device that loses its power. */
  cut(): void;
}

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** What inetd does: each connection is the standard input and output of a telnetd of its own, which runs /bin/login. */
export const startTelnetd = async (name: string, shell = '/bin/sh'): Promise<TelnetdFixture> => {
  const password = `pw'"$ ${randomBytes(9).toString('base64url')}`;
  const username = ensureSystemUser(name, password);
  spawnSync('/usr/sbin/usermod', ['--shell', shell, username]);
  const running = new Set<ChildProcess>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(TELNETD, ['-h'], { stdio: [socket, socket, 'ignore'] });
    running.add(child);
    child.on('exit', () => running.delete(child));
    child.on('spawn', () => socket.destroy());
  });
  const port = await listen(server);
  const cut = (): void => running.forEach((child) => child.kill('SIGKILL'));
  return {
    port,
    username,
    password,
    endpoint: (config, fields) => telnetEndpoint(port, { username, password }, config, fields),
    cut,
    async [Symbol.asyncDispose]() {
      const ended = [...running].map((child) => once(child, 'exit'));
      cut();
      server.close();
      await Promise.all(ended);
    },
  };
};

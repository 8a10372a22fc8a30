import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { findSshd } from '../../src/embedded/ssh-servers/find-sshd.ts';
import { startSystemSshd } from '../../src/embedded/ssh-servers/system-sshd.ts';
import { freePort } from './free-port.ts';
import type { TestPlatform } from './platform.ts';
import { ensureSystemUser } from './system-user.ts';

/** Tests that need OpenSSH are left out on a machine without it; never in CI, where they then fail. */
export const withoutSshd = findSshd() === undefined && process.env['CI'] === undefined;

/** One real sshd that answers on every loopback address, and a folder that its user may write. */
export interface Fleet extends AsyncDisposable {
  port: number;
  username: string;
  privateKey: string;
  /** For what the commands leave behind. */
  folder: string;
  pids: readonly number[];
}

export const startFleet = async (options: { user?: string; password?: string } = {}): Promise<Fleet> => {
  // root's shell reads slow start files on many machines; a fresh user's does not.
  const username = ensureSystemUser(options.user ?? 'opsc-fleet', options.password);
  const folder = mkdtempSync(join(tmpdir(), 'opsc-fleet-'));
  chmodSync(folder, 0o777);
  const keys = createKeyPair();
  const port = await freePort('0.0.0.0');
  const server = await startSystemSshd({
    folder: join(folder, 'sshd'),
    addresses: [],
    wildcard: true,
    port,
    authorizedKey: keys.publicKey,
    user: username,
    passwordAuthentication: options.password !== undefined,
  });
  return {
    port,
    username,
    privateKey: keys.privateKey,
    folder,
    pids: server.pids,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The n-th loopback address, from 127.0.1.1 on. */
export const loopbackAddress = (index: number): string =>
  `127.${Math.floor(index / 62_500)}.${1 + (Math.floor(index / 250) % 250)}.${1 + (index % 250)}`;

/** Body of POST /targets for one loopback address of the fleet. */
export const targetOf = (fleet: Fleet, index: number, fields: Record<string, unknown> = {}) => ({
  name: `host-${index + 1}`,
  methods: [
    {
      method_type: 'ssh',
      host: loopbackAddress(index),
      port: fleet.port,
      credential: { credential_type: 'ssh_key', username: fleet.username, private_key: fleet.privateKey },
    },
  ],
  ...fields,
});

/** Adds targets through the API. @returns their serials. */
export const addTargets = async ({ api }: TestPlatform, fleet: Fleet, count: number): Promise<string[]> => {
  const serials: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { status, body } = await api('POST', '/api/v1/targets', targetOf(fleet, index));
    if (status !== 201) throw new Error(JSON.stringify(body));
    serials.push(body.target_serial);
  }
  return serials;
};

export const command = (text: string, fields: Record<string, unknown> = {}) => ({
  action_type: 'command' as const,
  action_name: text.slice(0, 100),
  action_parameters: { command: text },
  ...fields,
});

/** Makes a job of these actions and starts it. @returns the run. */
export const runJob = async (
  { api }: TestPlatform,
  targets: readonly string[],
  actions: readonly object[],
  fields: Record<string, unknown> = {},
) => {
  const job = await api('POST', '/api/v1/jobs', { name: 'test job', targets, actions, ...fields });
  if (job.status !== 201) throw new Error(JSON.stringify(job.body));
  const run = await api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, {});
  if (run.status !== 202) throw new Error(JSON.stringify(run.body));
  return { job: job.body, run: run.body, serial: run.body.execution_serial as string };
};

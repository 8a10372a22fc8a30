import { Execution } from '../../src/contracts/execution.ts';
import { Job } from '../../src/contracts/job.ts';
import { Target } from '../../src/contracts/target.ts';
import type { ApiClient } from './api-client.ts';
import { mapLimit } from './map-limit.ts';
import { loopbackAddress } from './sshd.ts';
import type { BenchSshd } from './sshd.ts';

const REGISTER_AT_ONCE = 8;

/** Registers loopback addresses as targets. @returns their serials, in order. */
export const registerTargets = async (api: ApiClient, sshd: BenchSshd, count: number): Promise<string[]> => {
  const credential = { credential_type: 'ssh_key', username: sshd.username, private_key: sshd.privateKey };
  const addresses = Array.from({ length: count }, (_, index) => loopbackAddress(index));
  const targets = await mapLimit(addresses, REGISTER_AT_ONCE, (host, at) =>
    api.post('/targets', { name: `host-${at + 1}`, methods: [{ method_type: 'ssh', host, port: sshd.port, credential }] }, Target),
  );
  return targets.map(({ target_serial }) => target_serial);
};

/** Defines a job that runs these commands on the targets. @returns its serial. */
export const defineJob = async (
  api: ApiClient,
  targets: readonly string[],
  commands: readonly string[],
  window: number,
): Promise<string> => {
  const actions = commands.map((command) => ({
    action_type: 'command',
    action_name: command.slice(0, 60),
    action_parameters: { command },
  }));
  const settings = { max_concurrent_targets: window };
  const { job_serial } = await api.post('/jobs', { name: 'bench', targets, actions, settings }, Job);
  return job_serial;
};

export const startJob = (api: ApiClient, job: string): Promise<Execution> => api.post(`/jobs/${job}/executions`, {}, Execution);

export const readRun = (api: ApiClient, execution: string): Promise<Execution> => api.get(`/executions/${execution}`, Execution);

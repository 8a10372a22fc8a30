import type { TestPlatform } from '../../support/platform.ts';
import { command } from '../../support/fleet.ts';

/** One SSH method with a password. */
export const methodOf = (host: string, fields: Record<string, unknown> = {}) => ({
  method_type: 'ssh',
  host,
  credential: { credential_type: 'password', username: 'ops', password: 'hunter2 hunter2' },
  ...fields,
});

/** Body of POST /targets. */
export const targetAt = (host: string, fields: Record<string, unknown> = {}) => ({ name: host, methods: [methodOf(host)], ...fields });

/** Body of POST /jobs. */
export const jobNamed = (name: string, fields: Record<string, unknown> = {}) => ({ name, actions: [command('true')], ...fields });

/** @returns the serial. */
export const addTarget = async ({ api }: TestPlatform, host: string, fields: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await api('POST', '/api/v1/targets', targetAt(host, fields));
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.target_serial;
};

/** @returns the serial. */
export const addJob = async ({ api }: TestPlatform, name: string, fields: Record<string, unknown> = {}): Promise<string> => {
  const { status, body } = await api('POST', '/api/v1/jobs', jobNamed(name, fields));
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.job_serial;
};

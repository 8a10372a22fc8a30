import type { Endpoint, LoginSecret } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** What SSH logs in with. */
export type SshSecret = Extract<LoginSecret, { type: 'password' | 'ssh_key' }>;
export type SshEndpoint = Endpoint & { secret: SshSecret };

/** @throws OpsError CREDENTIAL_MISSING for an endpoint that SSH cannot log in to. */
export const toSshEndpoint = (endpoint: Endpoint): SshEndpoint => {
  const { secret, host, port } = endpoint;
  if (secret?.type === 'password' || secret?.type === 'ssh_key') return { ...endpoint, secret };
  throw new OpsError('CREDENTIAL_MISSING', `SSH to ${host} port ${port} needs a password or a key, and the method has neither.`);
};

import { METHODS } from '../../contracts/capabilities.ts';
import type { Endpoint, LoginSecret } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';

export type PasswordLogin = Extract<LoginSecret, { type: 'password' }>;

/** How messages name a server. */
export const placeOf = ({ methodType, host, port }: Pick<Endpoint, 'methodType' | 'host' | 'port'>): string =>
  `${METHODS[methodType].label} at ${host} port ${port}`;

/** @throws OpsError CREDENTIAL_MISSING for an endpoint without user and password. */
export const passwordOf = (endpoint: Endpoint): PasswordLogin => {
  if (endpoint.secret?.type === 'password') return endpoint.secret;
  throw new OpsError('CREDENTIAL_MISSING', `${placeOf(endpoint)}: the login needs a user and a password, and the method has neither.`);
};

/** What a session says of its login. */
export const loginOf = (endpoint: Endpoint): string =>
  `Connected to ${endpoint.host}:${endpoint.port} as ${endpoint.secret?.type === 'password' ? endpoint.secret.username : 'nobody'}`;

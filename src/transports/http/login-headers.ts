import type { LoginSecret } from '../../contracts/transport.ts';
import type { LoginHeaders } from './send-request.ts';

/** Where an API key goes: into the header that the credential names, or `Authorization: ApiKey …`. */
export type ApiKeyPlace = 'own_header' | 'authorization';

type ClientCertificate = Extract<LoginSecret, { type: 'client_certificate' }>;

/** The certificate that a secret has the client show, if it is one. */
export const clientCertificateOf = (secret: LoginSecret | undefined): ClientCertificate | undefined =>
  secret?.type === 'client_certificate' ? secret : undefined;

const besideCertificate = ({ login }: ClientCertificate): LoginSecret | undefined => {
  if (login === undefined) return undefined;
  if (login.credential_type === 'password') return { type: 'password', ...login };
  return login.credential_type === 'api_key' ? { type: 'api_key', ...login } : { type: 'api_token', ...login };
};

/** Headers that log in with a secret; none for no secret. */
export const loginHeaders = (secret: LoginSecret | undefined, keyPlace: ApiKeyPlace): LoginHeaders => {
  if (secret?.type === 'client_certificate') return loginHeaders(besideCertificate(secret), keyPlace);
  if (secret?.type === 'api_key')
    return keyPlace === 'own_header' ? { [secret.header]: secret.key } : { authorization: `ApiKey ${secret.key}` };
  if (secret?.type === 'api_token') return { authorization: `Bearer ${secret.token}` };
  if (secret?.type === 'password')
    return { authorization: `Basic ${Buffer.from(`${secret.username}:${secret.password}`).toString('base64')}` };
  return {};
};

/** How people read it. */
export const loginName = (secret: LoginSecret | undefined): string => {
  if (secret === undefined) return 'without a credential';
  if (secret.type === 'client_certificate') {
    const login = besideCertificate(secret);
    return login === undefined ? 'with a client certificate' : `with a client certificate and ${loginName(login)}`;
  }
  if (secret.type === 'password') return `as ${secret.username}`;
  return secret.type === 'api_key' ? 'with an API key' : 'with a token';
};

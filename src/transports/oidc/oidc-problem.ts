import { AuthorizationResponseError, ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { OpsError } from '../../domain/ops-error.ts';

/** Texts of a provider are a stranger's: short, and printable. */
const plain = (text: unknown): string => (typeof text === 'string' ? text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200) : '');

const again = 'Begin again: opsconductor login --oidc.';

const unserved = (issuer: string, code: string, cause: unknown): OpsError =>
  new OpsError(
    'UNAVAILABLE',
    `The OIDC provider ${issuer} does not serve OpsConductor${code}. Are OPSCONDUCTOR_OIDC_CLIENT_ID and OPSCONDUCTOR_OIDC_CLIENT_SECRET those that it knows? Logins with a password go on.`,
    { cause },
  );

const ofTokenEndpoint = (issuer: string, error: ResponseBodyError): OpsError => {
  if (error.error !== 'invalid_grant') return unserved(issuer, ` (${plain(error.error)})`, error);
  return new OpsError('UNAUTHENTICATED', `The code of this login was used before, or came too late. ${again}`, { cause: error });
};

const AWAY = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON', 'OAUTH_PARSE_ERROR']);

/** Is it the provider that is away, or does not answer as one? */
const isAway = (error: unknown): boolean => {
  if (error instanceof ClientError) return AWAY.has(error.code ?? '') || isAway(error.cause);
  // What fetch throws; a wrong argument has a code.
  return (error instanceof TypeError && !('code' in error)) || (error instanceof DOMException && error.name === 'TimeoutError');
};

/** Nothing can be done with the provider; no login is at fault. */
export const providerAway = (issuer: string, cause: unknown): OpsError =>
  new OpsError(
    'UNAVAILABLE',
    `The OIDC provider ${issuer} does not answer as one. Is OPSCONDUCTOR_OIDC_ISSUER right, and can this machine reach it? Logins with a password go on.`,
    { cause, retryAfterSeconds: 5 },
  );

/** What went wrong at the provider, with whose fault it is. Tokens and codes are in no message. */
export const oidcProblem = (issuer: string, error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  if (error instanceof AuthorizationResponseError) {
    const why = error.error_description === undefined ? '' : `: ${plain(error.error_description)}`;
    return new OpsError('UNAUTHENTICATED', `The OIDC provider ${issuer} let nobody in (${plain(error.error)}${why}). ${again}`, {
      cause: error,
    });
  }
  if (error instanceof ResponseBodyError) return ofTokenEndpoint(issuer, error);
  if (error instanceof WWWAuthenticateChallengeError) return unserved(issuer, '', error);
  if (isAway(error)) return providerAway(issuer, error);
  const code = error instanceof Error && 'code' in error ? ` (${plain(error.code)})` : '';
  return new OpsError(
    'UNAUTHENTICATED',
    `The answer of the OIDC provider ${issuer} does not belong to this login, or is not to be trusted${code}. ${again}`,
    {
      cause: error,
    },
  );
};

import * as openid from 'openid-client';
import { OpsError } from '../../domain/ops-error.ts';
import { oidcProblem, providerAway } from './oidc-problem.ts';

export interface OidcClientOptions {
  issuer: string;
  clientId: string;
  /** Undefined: a public client, which PKCE alone protects. */
  clientSecret: string | undefined;
  /** Separated by spaces; with `openid`. */
  scopes: string;
  /** Where the provider sends people back to; registered there. */
  redirectUrl: string;
}

/** What one login is known by from its beginning to its end. None of it leaves this server but as the provider needs it. */
export interface OidcLoginSecrets {
  state: string;
  nonce: string;
  verifier: string;
}

/** Whom the provider names, and what it says of them. */
export interface OidcIdentity {
  issuer: string;
  subject: string;
  claims: Readonly<Record<string, unknown>>;
}

/** The provider, as a login needs it. Nothing is sent before the first login; while the provider is away only these logins are. */
export interface OidcClient {
  readonly issuer: string;
  newSecrets(): OidcLoginSecrets;
  /** Address of the provider at which a person logs in. @throws OpsError UNAVAILABLE */
  authorizationUrl(secrets: OidcLoginSecrets): Promise<string>;
  /**
   * Who has logged in, from the query that the provider sent the browser back with.
   * @throws OpsError UNAUTHENTICATED when the answer is not that of this login, was used before, or cannot be trusted; UNAVAILABLE
   */
  identify(query: URLSearchParams, secrets: OidcLoginSecrets): Promise<OidcIdentity>;
}

const TIMEOUT_SECONDS = 10;
const CLOCK_TOLERANCE_SECONDS = 30;
const METADATA_MAX_AGE_MS = 3_600_000;

const discover = ({ issuer, clientId, clientSecret }: OidcClientOptions): Promise<openid.Configuration> => {
  const url = new URL(issuer);
  return openid.discovery(
    url,
    clientId,
    { [openid.clockTolerance]: CLOCK_TOLERANCE_SECONDS },
    clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret),
    {
      timeout: TIMEOUT_SECONDS,
      execute: [
        // Else an ID token is believed because it came over TLS, whoever has signed it.
        openid.enableNonRepudiationChecks,
        // Plain HTTP is for a provider on this machine alone; the configuration refuses others.
        ...(url.protocol === 'http:' ? [openid.allowInsecureRequests] : []),
      ],
    },
  );
};

/** What the provider says of itself, asked for once an hour. */
const createMetadata = (options: OidcClientOptions): (() => Promise<openid.Configuration>) => {
  let known: { at: number; value: Promise<openid.Configuration> } | undefined;
  return () => {
    if (known !== undefined && performance.now() - known.at < METADATA_MAX_AGE_MS) return known.value;
    const value = discover(options).catch((error: unknown) => {
      known = undefined;
      throw providerAway(options.issuer, error);
    });
    known = { at: performance.now(), value };
    return value;
  };
};

export const createOidcClient = (options: OidcClientOptions): OidcClient => {
  const { issuer, scopes, redirectUrl } = options;
  const metadata = createMetadata(options);

  /** Claims of the ID token; groups and addresses are often told by UserInfo only. */
  const readClaims = async (config: openid.Configuration, tokens: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers) => {
    const claims = tokens.claims();
    if (claims === undefined) throw new OpsError('UNAUTHENTICATED', `The OIDC provider ${issuer} sent no ID token.`);
    if (config.serverMetadata().userinfo_endpoint === undefined) return claims;
    return { ...(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims };
  };

  return {
    issuer,
    newSecrets: () => ({ state: openid.randomState(), nonce: openid.randomNonce(), verifier: openid.randomPKCECodeVerifier() }),
    async authorizationUrl({ state, nonce, verifier }) {
      const url = openid.buildAuthorizationUrl(await metadata(), {
        redirect_uri: redirectUrl,
        scope: scopes,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return url.href;
    },
    async identify(query, { state, nonce, verifier }) {
      const config = await metadata();
      const answered = new URL(redirectUrl);
      answered.search = query.toString();
      try {
        const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
        const claims = await readClaims(config, await openid.authorizationCodeGrant(config, answered, checks));
        return { issuer: claims.iss, subject: claims.sub, claims };
      } catch (error) {
        throw oidcProblem(issuer, error);
      }
    },
  };
};

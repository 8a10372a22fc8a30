import { z } from 'zod';
import type { SessionCreated } from '../../../contracts/auth.ts';
import type { OidcInfo, StartOidc } from '../../../contracts/oidc.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { OidcLogin, ServiceDeps } from '../../context.ts';
import { createCode } from './exchange-code.ts';
import { enterByOidc, enterSession } from './enter-by-oidc.ts';
import { noteRefusal } from './note-refusal.ts';
import { openNote, sealNote } from './sealed-note.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings' | 'oidc'>;

/** How long a person may take at the provider. */
export const OIDC_LOGIN_SECONDS = 600;

const Login = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  loopback: z.strictObject({ uri: z.string(), challenge: z.string(), state: z.string() }).optional(),
});
type Login = z.infer<typeof Login>;

const LOST =
  'This is not the browser in which the login began, or it began more than ten minutes ago. Begin again: opsconductor login --oidc, or /api/v1/auth/oidc/start.';

/** @throws OpsError NOT_FOUND when no provider is configured. */
const providerOf = ({ oidc }: Deps): OidcLogin => {
  if (oidc === undefined) throw new OpsError('NOT_FOUND', 'No OIDC provider is set up here: log in with user name and password.');
  return oidc;
};

/** What a client must know to begin a login. */
export const oidcInfo = ({ oidc }: Pick<Deps, 'oidc'>): OidcInfo => ({
  is_enabled: oidc !== undefined,
  issuer: oidc?.client.issuer ?? null,
  start_url: oidc === undefined ? null : `${oidc.publicUrl}/api/v1/auth/oidc/start`,
  refuses_loopback: oidc?.refusesLoopback === true,
});

/** Cookies go over TLS only where there is TLS. @throws OpsError NOT_FOUND */
export const isPublicUrlSecure = (deps: Deps): boolean => providerOf(deps).publicUrl.startsWith('https:');

/**
 * Begins a login at the provider.
 * @returns where the browser goes, and the note that it keeps until it comes back.
 * @throws OpsError NOT_FOUND, UNAVAILABLE; FORBIDDEN for a program where its login is switched off
 */
export const beginOidcLogin = async (deps: Deps, { redirect_uri: uri, code_challenge: challenge, state }: StartOidc) => {
  const { client, refusesLoopback, publicUrl } = providerOf(deps);
  if (refusesLoopback && uri !== undefined)
    throw new OpsError(
      'FORBIDDEN',
      `Logins that come back to a program are switched off here (OPSCONDUCTOR_OIDC_LOOPBACK). Log in with a browser: ${publicUrl}/api/v1/auth/oidc/start`,
    );
  const secrets = client.newSecrets();
  const loopback = uri === undefined || challenge === undefined || state === undefined ? undefined : { uri, challenge, state };
  const login: Login = { ...secrets, ...(loopback && { loopback }) };
  return { url: await client.authorizationUrl(secrets), note: sealNote(deps.keyRing, 'login', login, OIDC_LOGIN_SECONDS, new Date()) };
};

/** Where the browser goes next, or the session that it is shown. */
export type FinishedLogin = { redirect: string } | { session: SessionCreated };

const backTo = ({ uri, state }: NonNullable<Login['loopback']>, parameters: Record<string, string>): FinishedLogin => {
  const url = new URL(uri);
  for (const [name, value] of Object.entries({ ...parameters, state })) url.searchParams.set(name, value);
  return { redirect: url.href };
};

/** The account that is let in; that somebody was not is on record. */
const letIn = async (deps: Deps, oidc: OidcLogin, query: URLSearchParams, login: Login, request: RequestFacts): Promise<number> => {
  let subject: string | undefined;
  try {
    const identity = await oidc.client.identify(query, login);
    subject = identity.subject;
    return await enterByOidc(deps, oidc, identity, request);
  } catch (error) {
    if (error instanceof OpsError && error.code !== 'UNAVAILABLE')
      await noteRefusal(deps, { issuer: oidc.client.issuer, subject }, error, request);
    throw error;
  }
};

/**
 * Ends a login: whom the provider names is let in, with the role that his groups give. A program that waits gets a code to be exchanged, never a
 * token in an address; it also gets to know when nobody was let in.
 * @param note that the browser kept; undefined: it has none.
 * @throws OpsError NOT_FOUND; UNAUTHENTICATED, FORBIDDEN, CONFLICT or UNAVAILABLE when no program waits
 */
export const finishOidcLogin = async (
  deps: Deps,
  query: URLSearchParams,
  note: string | undefined,
  request: RequestFacts,
): Promise<FinishedLogin> => {
  const oidc = providerOf(deps);
  const login = openNote(deps.keyRing, 'login', note ?? '', Login, new Date(), LOST);
  try {
    const userId = await letIn(deps, oidc, query, login, request);
    if (login.loopback === undefined) return { session: await enterSession(deps, userId, request) };
    return backTo(login.loopback, { code: createCode(deps.keyRing, userId, login.loopback.challenge, new Date()) });
  } catch (error) {
    if (login.loopback === undefined || !(error instanceof OpsError)) throw error;
    return backTo(login.loopback, { error: error.code, error_description: error.message });
  }
};

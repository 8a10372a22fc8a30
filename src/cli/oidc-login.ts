import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { SessionCreated } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { CliSession } from './cli-session.ts';
import { oidcStartUrl } from './oidc-start-url.ts';
import { openPage } from './open-page.ts';

const WAIT_MS = 600_000;
const CALLBACK = '/callback';
const SECRET_BYTES = 32;

const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

const page = (response: ServerResponse, status: number, text: string): void => {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, headers).end(`${text}\n`);
};

/** What the browser brought: a code, or why there is none. */
type Brought = { code: string } | { problem: string };

const readCallback = (query: URLSearchParams): Brought => {
  const code = query.get('code');
  return code === null ? { problem: query.get('error_description') ?? 'The login was not finished.' } : { code };
};

/** Waits on this machine for the browser to come back; what does not know the state is not of this login. */
const listen = async (state: string) => {
  const brought = Promise.withResolvers<Brought>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (request.method !== 'GET' || url.pathname !== CALLBACK || url.searchParams.get('state') !== state) {
      page(response, 404, 'There is nothing here.');
      return;
    }
    const found = readCallback(url.searchParams);
    response.once('finish', () => brought.resolve(found));
    page(response, 200, 'code' in found ? 'Logged in. This page can be closed.' : `${found.problem} This page can be closed.`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const timer = setTimeout(() => brought.resolve({ problem: 'Nobody came back from the browser within ten minutes.' }), WAIT_MS);
  return {
    uri: `http://127.0.0.1:${address.port}${CALLBACK}`,
    brought: brought.promise,
    close: (): void => {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
};

const startUrlOf = async ({ client }: CliSession): Promise<string> => {
  const { start_url: url, refuses_loopback: refusesLoopback } = await client.getOidc();
  if (url === null) throw new OpsError('NOT_FOUND', `No OIDC provider is set up at ${client.url}: log in without --oidc.`);
  if (refusesLoopback)
    throw new OpsError(
      'FORBIDDEN',
      `Logins that come back to a program are switched off at ${client.url}. Open ${oidcStartUrl(url, client.url).url.href} in a browser; the token that it shows goes into OPSCONDUCTOR_TOKEN.`,
    );
  return url;
};

/**
 * Logs in with a browser of this machine, which comes back here with a code; the session never stands in an address.
 * @param opensBrowser false: only the address is told, as that of another origin than the server's is anyway.
 * @throws OpsError UNAUTHENTICATED when nobody is let in; FORBIDDEN when the server names no page, or lets no program log in.
 */
export const loginByOidc = async (session: CliSession, opensBrowser: boolean): Promise<SessionCreated> => {
  const { url: start, isOfContext } = oidcStartUrl(await startUrlOf(session), session.client.url);
  const [state, verifier] = [newSecret(), newSecret()];
  const waiting = await listen(state);
  try {
    start.searchParams.set('redirect_uri', waiting.uri);
    start.searchParams.set('code_challenge', createHash('sha256').update(verifier).digest('base64url'));
    start.searchParams.set('state', state);
    session.say(`Log in with a browser of this machine:\n${start.href}`);
    if (!isOfContext) session.say(`It is not at ${session.client.url}: open it yourself if it is where you log in.`);
    else if (opensBrowser) openPage(start.href);
    const found = await waiting.brought;
    if ('problem' in found) throw new OpsError('UNAUTHENTICATED', found.problem);
    return await session.client.exchangeOidcCode({ code: found.code, code_verifier: verifier });
  } finally {
    waiting.close();
  }
};

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';

// A certified OpenID provider in a process of its own. Whoever comes is the account that `PUT /account` named last; nobody types anything.
// After `PUT /published-keys` with false it publishes other keys than those that it signs with.
const [port = '', redirectUri = '', clientSecret = ''] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

type Claims = Record<string, unknown> & { sub: string };

const accounts = new Map<string, Claims>();
let current: Claims | undefined;
let publishesItsKeys = true;

const provider = new Provider(issuer, {
  clients: [{ client_id: 'opsconductor', client_secret: clientSecret, redirect_uris: [redirectUri], response_types: ['code'] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username', 'groups'] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => Promise.resolve({ ...accounts.get(id), sub: id }) }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  features: { devInteractions: { enabled: false } },
  pkce: { required: () => true },
  cookies: { keys: ['test'] },
});

/** Logs the account in and agrees to everything, or refuses as a person would. */
const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { params } = await provider.interactionDetails(request, response);
  if (current === undefined) {
    const refusal = { error: 'access_denied', error_description: 'nobody is there' };
    await provider.interactionFinished(request, response, refusal, { mergeWithLastSubmission: false });
    return;
  }
  const grant = new provider.Grant({ accountId: current.sub, clientId: 'opsconductor' });
  grant.addOIDCScope(String(params['scope']));
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId: current.sub, remember: false }, consent });
};

const serveOidc = provider.callback();

/** Under the names of those that it signs with. */
const otherKeys = async (): Promise<object> => {
  const { keys } = (await (await fetch(`${issuer}/jwks?own`)).json()) as { keys: { kid: string; kty: string }[] };
  const other = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });
  return { keys: keys.filter(({ kty }) => kty === 'RSA').map(({ kid }) => ({ ...other, kid, use: 'sig', alg: 'RS256' })) };
};

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method === 'PUT' && request.url === '/account') {
    const claims = (await json(request)) as Claims | null;
    current = claims ?? undefined;
    if (claims !== null) accounts.set(claims.sub, claims);
    response.writeHead(204).end();
  } else if (request.method === 'PUT' && request.url === '/published-keys') {
    publishesItsKeys = (await json(request)) === true;
    response.writeHead(204).end();
  } else if (request.url === '/jwks' && !publishesItsKeys)
    response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify(await otherKeys()));
  else if (request.url?.startsWith('/interaction/') === true) await interact(request, response);
  else await serveOidc(request, response);
};

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.writeHead(500).end();
  });
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));

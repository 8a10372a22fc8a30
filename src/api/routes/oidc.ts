import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { SessionCreated } from '../../contracts/auth.ts';
import { ExchangeCode, OidcCallback, OidcInfo, StartOidc } from '../../contracts/oidc.ts';
import { exchangeCode } from '../../services/auth/oidc/exchange-code.ts';
import { OIDC_LOGIN_SECONDS, beginOidcLogin, finishOidcLogin, isPublicUrlSecure, oidcInfo } from '../../services/auth/oidc/oidc-login.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { EXCHANGE_CODE, OIDC_INFO, SESSION } from '../examples/accounts.ts';

const tags = ['auth'];
const COOKIE = 'opsconductor_oidc';
const COOKIE_PATH = '/api/v1/auth/oidc';

const onwards = (description: string) => ({
  description,
  headers: { Location: { schema: { type: 'string' as const }, description: 'Where to.' } },
});

/** Browsers send it along when the provider sends them back, which `Strict` would not. */
const keepNote = (c: Context<ApiEnv>, note: string, secure: boolean): void =>
  setCookie(c, COOKIE, note, { path: COOKIE_PATH, httpOnly: true, sameSite: 'Lax', secure, maxAge: OIDC_LOGIN_SECONDS });

/** Login at an OIDC provider: authorization code with PKCE. */
export const oidcRoutes = (deps: ServiceDeps, route: DefineRoute) =>
  new OpenAPIHono<ApiEnv>()
    .openapi(
      route(
        { method: 'get', path: '/', tags, operationId: 'getOidc', summary: 'Whether an OIDC provider is set up', access: 'public' },
        { 200: json(OidcInfo, 'The provider', OIDC_INFO) },
      ),
      (c) => c.json(oidcInfo(deps), 200),
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/start',
          tags,
          operationId: 'startOidc',
          rate: 'login',
          summary: 'Log in at the OIDC provider',
          description:
            'For browsers. A program of the same machine gives its address, and gets a code there that it exchanges for the session.',
          access: 'public',
          problems: ['NOT_FOUND', 'FORBIDDEN'],
          request: { query: StartOidc },
        },
        { 302: onwards('To the provider') },
      ),
      async (c) => {
        const { url, note } = await beginOidcLogin(deps, c.req.valid('query'));
        keepNote(c, note, isPublicUrlSecure(deps));
        return c.redirect(url, 302);
      },
    )
    .openapi(
      route(
        {
          method: 'get',
          path: '/callback',
          tags,
          operationId: 'finishOidc',
          rate: 'login',
          summary: 'Come back from the OIDC provider',
          description: 'The provider sends the browser here. The session is never in an address.',
          access: 'public',
          problems: ['NOT_FOUND', 'UNAUTHENTICATED', 'FORBIDDEN', 'CONFLICT'],
          request: { query: OidcCallback },
        },
        { 200: json(SessionCreated, 'Logged in', SESSION), 302: onwards('To the program that waits, with a code') },
      ),
      async (c) => {
        const query = new URL(c.req.url).searchParams;
        // HEAD changes nothing, and the answer of the provider is good once: it is told that no login was begun.
        const note = c.req.method === 'HEAD' ? undefined : getCookie(c, COOKIE);
        const finished = await finishOidcLogin(deps, query, note, c.get('request'));
        deleteCookie(c, COOKIE, { path: COOKIE_PATH });
        return 'redirect' in finished ? c.redirect(finished.redirect, 302) : c.json(finished.session, 200);
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/token',
          tags,
          operationId: 'exchangeOidcCode',
          rate: 'login',
          summary: 'Exchange the code of an OIDC login',
          description: 'The code is good once, for a minute, with the verifier of the program that began the login.',
          access: 'public',
          problems: ['UNAUTHENTICATED', 'FORBIDDEN'],
          request: body(ExchangeCode, EXCHANGE_CODE),
        },
        { 200: json(SessionCreated, 'Logged in', SESSION) },
      ),
      async (c) => c.json(await exchangeCode(deps, c.req.valid('json'), c.get('request')), 200),
    );

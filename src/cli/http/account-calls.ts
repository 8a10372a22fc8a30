import type { z } from 'zod';
import type { ApiToken, ApiTokenCreated, CreateApiToken, OwnedApiToken, Profile, SessionCreated } from '../../contracts/auth.ts';
import type { ExchangeCode, OidcInfo } from '../../contracts/oidc.ts';
import type { Page } from '../../contracts/page.ts';
import type { Session, SessionsEnded, SessionStatus } from '../../contracts/session.ts';
import type { CreateUser, PasswordReset, PermissionTable, UpdateProfile, UpdateUser, User, UserCreated } from '../../contracts/user.ts';
import type { ListQuery } from '../api-client.ts';
import type { ApiRequest } from './send-request.ts';

/** The calls about accounts, sessions and tokens. */
export interface AccountCalls {
  updateProfile(input: UpdateProfile): Promise<Profile>;
  permissions(): Promise<PermissionTable>;
  sessionStatus(): Promise<SessionStatus>;
  extendSession(): Promise<SessionStatus>;
  listSessions(query: ListQuery): Promise<Page<Session>>;
  revokeSession(session: string): Promise<void>;
  revokeOtherSessions(): Promise<SessionsEnded>;
  oidc(): Promise<OidcInfo>;
  exchangeOidcCode(input: ExchangeCode): Promise<SessionCreated>;
  listTokens(query: ListQuery): Promise<Page<ApiToken>>;
  listAllTokens(query: ListQuery): Promise<Page<OwnedApiToken>>;
  createToken(input: z.input<typeof CreateApiToken>): Promise<ApiTokenCreated>;
  revokeToken(token: string): Promise<void>;
  listUsers(query: ListQuery): Promise<Page<User>>;
  getUser(uuid: string): Promise<User>;
  createUser(input: z.input<typeof CreateUser>): Promise<UserCreated>;
  updateUser(uuid: string, input: UpdateUser): Promise<User>;
  resetUserPassword(uuid: string): Promise<PasswordReset>;
  unlockUser(uuid: string): Promise<User>;
  requirePasswordChange(uuid: string): Promise<User>;
  listUserSessions(uuid: string, query: ListQuery): Promise<Page<Session>>;
  revokeUserSession(uuid: string, session: string): Promise<void>;
  revokeUserSessions(uuid: string): Promise<SessionsEnded>;
  listUserTokens(uuid: string, query: ListQuery): Promise<Page<OwnedApiToken>>;
  revokeUserToken(uuid: string, token: string): Promise<void>;
}

/** How a call is sent. */
export interface Calls {
  call<Answer>(request: ApiRequest): Promise<Answer>;
  get<Answer>(path: string, query?: ListQuery): Promise<Answer>;
  post<Answer>(path: string, body?: unknown): Promise<Answer>;
  remove<Answer>(path: string): Promise<Answer>;
}

const at = (name: string): string => encodeURIComponent(name);

export const createAccountCalls = ({ call, get, post, remove }: Calls): AccountCalls => ({
  updateProfile: (input) => call({ method: 'PATCH', path: '/api/v1/auth/me', body: input }),
  permissions: () => get('/auth/permissions'),
  sessionStatus: () => get('/auth/session'),
  extendSession: () => post('/auth/session/extend'),
  listSessions: (query) => get('/auth/sessions', query),
  revokeSession: (session) => remove(`/auth/sessions/${at(session)}`),
  revokeOtherSessions: () => remove('/auth/sessions'),
  oidc: () => get('/auth/oidc'),
  // As a login: a code is good once, and nobody is known yet whose key it could be.
  exchangeOidcCode: (input) => call({ method: 'POST', path: '/api/v1/auth/oidc/token', body: input }),
  listTokens: (query) => get('/auth/tokens', query),
  listAllTokens: (query) => get('/tokens', query),
  createToken: (input) => post('/auth/tokens', input),
  revokeToken: (token) => remove(`/auth/tokens/${at(token)}`),
  listUsers: (query) => get('/users', query),
  getUser: (uuid) => get(`/users/${at(uuid)}`),
  createUser: (input) => post('/users', input),
  updateUser: (uuid, input) => call({ method: 'PATCH', path: `/api/v1/users/${at(uuid)}`, body: input }),
  resetUserPassword: (uuid) => post(`/users/${at(uuid)}/reset-password`),
  unlockUser: (uuid) => post(`/users/${at(uuid)}/unlock`),
  requirePasswordChange: (uuid) => post(`/users/${at(uuid)}/require-password-change`),
  listUserSessions: (uuid, query) => get(`/users/${at(uuid)}/sessions`, query),
  revokeUserSession: (uuid, session) => remove(`/users/${at(uuid)}/sessions/${at(session)}`),
  revokeUserSessions: (uuid) => remove(`/users/${at(uuid)}/sessions`),
  listUserTokens: (uuid, query) => get(`/users/${at(uuid)}/tokens`, query),
  revokeUserToken: (uuid, token) => remove(`/users/${at(uuid)}/tokens/${at(token)}`),
});

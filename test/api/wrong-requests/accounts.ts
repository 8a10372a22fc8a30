import { PASSWORD } from '../support/accounts.ts';
import { NUL, post, token, password, conflict, notFound } from './wrong-request.ts';
import type { WrongRequest } from './wrong-request.ts';

export const ACCOUNTS: readonly WrongRequest[] = [
  token('unknown scope', { scopes: ['root'] }, 'scopes.0'),
  token('scope that every object has', { scopes: ['constructor'] }, 'scopes.0'),
  token('scope of a megabyte', { scopes: ['x'.repeat(101)] }, 'scopes.0'),
  token('no scope', { scopes: [] }, 'scopes'),
  token('name taken', { name: 'taken' }, 'name', conflict),
  token('empty name', { name: '' }, 'name'),
  token('NUL in the name', { name: NUL }, 'name'),
  token('end that is no time', { expires_at: 'tomorrow' }, 'expires_at'),
  token('end that is no day', { expires_at: '2099-02-30T00:00:00Z' }, 'expires_at'),
  token('end that has passed', { expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'),
  {
    title: 'token: revoking an unknown one',
    method: 'DELETE',
    path: '/api/v1/auth/tokens/00000000-0000-4000-8000-000000000000',
    ...notFound,
  },
  { title: 'token: revoking by a malformed id', method: 'DELETE', path: '/api/v1/auth/tokens/1', field: 'uuid' },
  password('too short', { current_password: PASSWORD, new_password: 'short' }, 'new_password'),
  password('shorter than the setting', { current_password: PASSWORD, new_password: '12345678901' }, 'new_password'),
  password('current one wrong', { current_password: 'wrong', new_password: 'another long password' }, 'current_password'),
  password('the current one again', { current_password: PASSWORD, new_password: PASSWORD }, 'new_password'),
  password('NUL in the new one', { current_password: PASSWORD, new_password: `${NUL}${'x'.repeat(20)}` }, 'new_password'),
  password('over 4,096 characters', { current_password: PASSWORD, new_password: 'x'.repeat(4_097) }, 'new_password'),
  post('login: no password', '/api/v1/auth/login', { username: 'admin' }, 'password'),
  post('login: NUL in the name', '/api/v1/auth/login', { username: NUL, password: 'x' }, 'username'),
  post('login: unknown field', '/api/v1/auth/login', { username: 'admin', password: 'x', role: 'admin' }, 'role'),
];

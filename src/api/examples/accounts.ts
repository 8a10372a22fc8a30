import type { z } from 'zod';
import type { ApiToken, ApiTokenCreated, ChangePassword, CreateApiToken, Login, Profile, SessionCreated } from '../../contracts/auth.ts';

export const LOGIN: Login = { username: 'admin', password: 'correct horse battery staple' };

export const PROFILE: Profile = {
  user_uuid: '886313e1-3b8a-4372-9b90-0c9aee199e5d',
  username: 'admin',
  email: 'admin@example.org',
  role: 'admin',
  permissions: ['jobs.read', 'jobs.write'],
  must_change_password: false,
  last_login_at: '2025-03-01T08:00:00.000Z',
};

export const SESSION: SessionCreated = { token: 'ops_s_…', expires_at: '2025-03-01T20:00:00.000Z', user: PROFILE };

export const CHANGE_PASSWORD: ChangePassword = {
  current_password: 'correct horse battery staple',
  new_password: 'staple battery horse correct',
};

export const CREATE_API_TOKEN: z.input<typeof CreateApiToken> = {
  name: 'nightly',
  scopes: ['jobs.read', 'jobs.execute'],
  expires_at: '2099-01-01T00:00:00.000Z',
};

export const API_TOKEN: ApiToken = {
  token_uuid: '9b2a6e2c-6d6f-4a0a-9d1c-3f1b0f1e5a77',
  name: 'nightly',
  token_prefix: 'ops_t_Zm9vYm',
  scopes: ['jobs.read', 'jobs.execute'],
  expires_at: '2099-01-01T00:00:00.000Z',
  last_used_at: null,
  created_at: '2025-03-01T08:00:00.000Z',
};

export const API_TOKEN_CREATED: ApiTokenCreated = { ...API_TOKEN, token: 'ops_t_…' };

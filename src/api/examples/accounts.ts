import type { z } from 'zod';
import type {
  ApiToken,
  ApiTokenCreated,
  ChangePassword,
  CreateApiToken,
  Login,
  OwnedApiToken,
  Profile,
  SessionCreated,
} from '../../contracts/auth.ts';
import type { ExchangeCode, OidcInfo } from '../../contracts/oidc.ts';
import type { Session, SessionStatus } from '../../contracts/session.ts';
import type { CreateUser, PasswordReset, PermissionTable, UpdateProfile, UpdateUser, User, UserCreated } from '../../contracts/user.ts';

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

export const OWNED_API_TOKEN: OwnedApiToken = { ...API_TOKEN, user_uuid: PROFILE.user_uuid, username: 'admin' };

export const LIVE_SESSION: Session = {
  session_uuid: '3f0c1c1e-7a33-4f8f-8f5e-6d1f4f3b9c55',
  is_current: true,
  ip_address: '192.0.2.7',
  user_agent: 'opsconductor',
  created_at: '2025-03-01T08:00:00.000Z',
  last_activity_at: '2025-03-01T09:12:00.000Z',
  expires_at: '2025-03-01T16:00:00.000Z',
};

export const SESSION_STATUS: SessionStatus = {
  session_uuid: LIVE_SESSION.session_uuid,
  expires_at: '2025-03-01T16:00:00.000Z',
  idle_ends_at: '2025-03-01T10:12:00.000Z',
  seconds_left: 3_540,
  is_warning: false,
  warning_seconds: 120,
};

export const USER: User = {
  user_uuid: 'c0a8012e-1f4b-4c7e-9a55-0d9d3b1e2f66',
  username: 'ann',
  email: 'ann@example.org',
  role: 'operator',
  permissions: ['audit.read'],
  is_active: true,
  must_change_password: false,
  has_password: true,
  oidc_issuer: null,
  locked_until: null,
  last_login_at: '2025-03-01T08:00:00.000Z',
  password_changed_at: '2025-02-01T08:00:00.000Z',
  created_at: '2025-01-01T08:00:00.000Z',
  updated_at: '2025-03-01T08:00:00.000Z',
};

export const CREATE_USER: z.input<typeof CreateUser> = {
  username: 'ann',
  email: 'ann@example.org',
  role: 'operator',
  permissions: ['audit.read'],
};

export const USER_CREATED: UserCreated = { ...USER, must_change_password: true, password: 'q2w3…' };

export const UPDATE_USER: UpdateUser = { role: 'viewer', permissions: [] };

export const PASSWORD_RESET: PasswordReset = { username: 'ann', password: 'q2w3…' };

export const UPDATE_PROFILE: UpdateProfile = { email: 'ann@example.org' };

export const PERMISSION_TABLE: PermissionTable = {
  roles: { viewer: ['jobs.read'], operator: ['jobs.read', 'jobs.write'], admin: ['jobs.read', 'jobs.write', 'users.write'] },
  own: ['jobs.read'],
};

export const OIDC_INFO: OidcInfo = {
  is_enabled: true,
  issuer: 'https://login.example.org',
  start_url: 'https://ops.example.org/api/v1/auth/oidc/start',
  refuses_loopback: false,
};

export const EXCHANGE_CODE: ExchangeCode = { code: 'azE.q2w3.e4r5', code_verifier: 'k'.repeat(43) };

import type { ApiToken, OwnedApiToken, Session, User } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { timeText } from './terminal/time-text.ts';

/** In one word what an account can do. */
export const userState = ({ is_active: isActive, locked_until: lockedUntil, must_change_password: mustChange }: User): string => {
  if (!isActive) return 'deactivated';
  if (lockedUntil !== null) return 'locked';
  return mustChange ? 'must change password' : 'active';
};

/** An account, for people. */
export const userText = (user: User): string => {
  const lines = [
    `${user.username}  ${user.user_uuid}`,
    `  email        ${user.email}`,
    `  role         ${user.role}${user.permissions.length === 0 ? '' : ` and ${user.permissions.join(', ')}`}`,
    `  state        ${userState(user)}${user.locked_until === null ? '' : ` until ${timeText(user.locked_until)}`}`,
    `  logs in      ${user.oidc_issuer === null ? (user.has_password ? 'with a password' : 'not before it is given a password') : `at ${user.oidc_issuer}`}`,
    `  last login   ${user.last_login_at === null ? 'never' : timeText(user.last_login_at)}`,
    `  added        ${timeText(user.created_at)}`,
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

export const SESSION_HEADINGS = ['SESSION', 'FROM', 'WITH', 'BEGAN', 'LAST USED', 'ENDS'] as const;

export const sessionRow = (session: Session): string[] => [
  `${session.session_uuid}${session.is_current ? ' (this one)' : ''}`,
  session.ip_address ?? '',
  session.user_agent ?? '',
  timeText(session.created_at),
  timeText(session.last_activity_at),
  timeText(session.expires_at),
];

export const TOKEN_HEADINGS = ['TOKEN', 'NAME', 'BEGINS', 'LAST USED', 'ENDS', 'SCOPES'] as const;

export const tokenRow = (token: ApiToken): string[] => [
  token.token_uuid,
  token.name,
  token.token_prefix,
  token.last_used_at === null ? 'never' : timeText(token.last_used_at),
  token.expires_at === null ? 'never' : timeText(token.expires_at),
  token.scopes.join(' '),
];

export const ownedTokenRow = (token: OwnedApiToken): string[] => [token.username, ...tokenRow(token)];

import type { UserRole } from '../contracts/enums.ts';

type Claims = Readonly<Record<string, unknown>>;

const RANK: Readonly<Record<UserRole, number>> = { viewer: 0, operator: 1, admin: 2 };
const NAME_LENGTH = 50;

const isObject = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The claim by its whole name, which may have dots, or by its path, such as `realm_access.roles`. */
const claimAt = (claims: Claims, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims);
};

/** The groups that a provider tells: a list of names, or one name. */
export const groupsOf = (claims: Claims, groupsClaim: string): string[] => {
  const value = claimAt(claims, groupsClaim);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((group) => typeof group === 'string');
};

/**
 * The highest role that one of the groups gives; undefined: nobody whom these groups let in.
 * @param roles by group; `*` is everybody whom the provider lets in.
 */
export const roleOfGroups = (groups: readonly string[], roles: Readonly<Record<string, UserRole>>): UserRole | undefined =>
  ['*', ...groups]
    .flatMap((group) => (Object.hasOwn(roles, group) ? [roles[group]] : []))
    .filter((role) => role !== undefined)
    .toSorted((a, b) => RANK[b] - RANK[a])[0];

const text = (claims: Claims, name: string): string | undefined => {
  const value = claims[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

/** A user name as accounts have them, made of what the provider tells; undefined when nothing of it will do. */
export const usernameOf = (claims: Claims): string | undefined => {
  const [told = ''] = (text(claims, 'preferred_username') ?? text(claims, 'email') ?? text(claims, 'sub') ?? '').split('@');
  const usable = told.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[^\p{L}\p{N}_]+/u, '');
  const name = Array.from(usable).slice(0, NAME_LENGTH).join('');
  return name === '' ? undefined : name;
};

/** The mail address, and whether the provider has seen that it is theirs. */
export const emailOf = (claims: Claims): { email: string | undefined; isVerified: boolean } => ({
  email: text(claims, 'email'),
  isVerified: claims['email_verified'] === true,
});

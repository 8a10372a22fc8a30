import type { Transaction } from 'sequelize';
import type { SessionCreated } from '../../../contracts/auth.ts';
import { UserModel } from '../../../db/models/identity/users.ts';
import { execute } from '../../../db/query.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import { groupsOf, roleOfGroups } from '../../../domain/oidc-claims.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { OidcIdentity } from '../../../transports/oidc/create-oidc-client.ts';
import type { OidcLogin, ServiceDeps } from '../../context.ts';
import { createSession } from '../create-session.ts';
import { profileOf } from '../profile.ts';
import { adoptAccount } from './adopt-account.ts';
import { followRole } from './follow-role.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing' | 'readSettings'>;
type User = InstanceType<typeof UserModel>;

const deactivated = (): OpsError => new OpsError('FORBIDDEN', 'This account is deactivated. An administrator can activate it.');

/** The account of this identity: a known one, one that becomes its, or a new one. It is locked. */
const accountOf = async (
  deps: Deps,
  oidc: OidcLogin,
  identity: OidcIdentity,
  request: RequestFacts,
  transaction: Transaction,
): Promise<User> => {
  const { issuer, subject } = identity;
  // Two first logins at once make one account.
  await execute(deps.db, 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`oidc ${issuer} ${subject}`], transaction);
  const known = await UserModel.findOne({ where: { oidcIssuer: issuer, oidcSubject: subject }, lock: true, transaction });
  return known ?? adoptAccount(deps, oidc, identity, request, transaction);
};

/**
 * Lets in whom the provider names: by issuer and subject, never by a name. The role is that of his groups, at every login.
 * @throws OpsError FORBIDDEN when no group gives a role, or the account is deactivated; CONFLICT when name or address belong to another account
 */
export const enterByOidc = async (deps: Deps, oidc: OidcLogin, identity: OidcIdentity, request: RequestFacts): Promise<number> => {
  const groups = groupsOf(identity.claims, oidc.groupsClaim);
  const role = roleOfGroups(groups, oidc.roles);
  if (role === undefined)
    throw new OpsError(
      'FORBIDDEN',
      `The OIDC provider knows you, but none of your groups has a role here (${groups.length} in the claim ${oidc.groupsClaim}). Ask whoever runs OpsConductor: OPSCONDUCTOR_OIDC_ROLES says which have.`,
    );
  return deps.db.transaction(async (transaction) => {
    const user = await accountOf(deps, oidc, identity, request, transaction);
    if (!user.isActive) throw deactivated();
    await followRole(deps, user, role, request, transaction);
    return user.id;
  });
};

/** Begins the session of an account that has just come from the provider. @throws OpsError FORBIDDEN when it was deactivated meanwhile */
export const enterSession = async ({ db, keyRing, readSettings }: Deps, userId: number, request: RequestFacts): Promise<SessionCreated> => {
  const settings = await readSettings();
  const now = new Date();
  return db.transaction(async (transaction) => {
    const user = await UserModel.findOne({ where: { id: userId, isActive: true }, lock: true, transaction });
    if (user === null) throw deactivated();
    await user.update({ lastLoginAt: now }, { transaction });
    const { token, expiresAt } = await createSession(userId, settings, request, now, transaction);
    const actor = { type: 'user', userId, request } as const;
    const event = { eventType: 'user_login', action: 'login', actor, resourceType: 'users', resourceId: user.userUuid } as const;
    await recordAudit(db, keyRing.auditKey, { ...event, details: { method: 'oidc' } }, transaction);
    return { token, expires_at: expiresAt.toISOString(), user: profileOf(user) };
  });
};

import { Op, col, fn, where } from 'sequelize';
import type { Transaction } from 'sequelize';
import { UserModel } from '../../../db/models/identity/users.ts';
import { execute } from '../../../db/query.ts';
import { recordAudit } from '../../../db/record-audit.ts';
import type { RequestFacts } from '../../../db/record-audit.ts';
import { Email } from '../../../contracts/user.ts';
import { emailOf, usernameOf } from '../../../domain/oidc-claims.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { OidcIdentity } from '../../../transports/oidc/create-oidc-client.ts';
import { withConstraints } from '../../constraint-errors.ts';
import type { OidcLogin, ServiceDeps } from '../../context.ts';
import { namesApprover } from '../../users/assert-no-approver.ts';
import { endSessions } from '../end-sessions.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;
type User = InstanceType<typeof UserModel>;

const NO_PASSWORD = '!';

const taken = (what: string) => (): OpsError =>
  new OpsError(
    'CONFLICT',
    `There is an account with your ${what} already, which is not tied to you at the OIDC provider. An administrator can give that one another ${what}.`,
  );

/** What is needed of the claims to make an account. */
const namesOf = (claims: OidcIdentity['claims']): { username: string; email: string } => {
  const { email } = emailOf(claims);
  const username = usernameOf(claims);
  if (email === undefined || username === undefined || !Email.safeParse(email).success)
    throw new OpsError(
      'FORBIDDEN',
      'The OIDC provider tells no usable mail address and name of you, and an account needs both. Does OPSCONDUCTOR_OIDC_SCOPES have email and profile, and does the provider give them?',
    );
  return { username, email };
};

/** Names of the provider are given to who comes first: he is not to answer in the place of the one who was meant. @throws OpsError CONFLICT */
const assertNobodyAwaited = async (db: Deps['db'], username: string, transaction: Transaction): Promise<void> => {
  const named = await namesApprover(db, username, transaction);
  if (named === undefined) return;
  throw new OpsError(
    'CONFLICT',
    `Your user name would be ${username}, and ${named.serial} names an approver so who has no account yet. Have that taken out of ${named.serial}, log in, and have it put back: then it is known to be you.`,
  );
};

const createAccount = async (
  { db, keyRing }: Deps,
  { issuer, subject, claims }: OidcIdentity,
  request: RequestFacts,
  transaction: Transaction,
): Promise<User> => {
  const names = namesOf(claims);
  await assertNobodyAwaited(db, names.username, transaction);
  const user = await withConstraints({ uq_users_username: taken('user name'), uq_users_email: taken('mail address') }, () =>
    UserModel.create({ ...names, passwordHash: NO_PASSWORD, oidcIssuer: issuer, oidcSubject: subject }, { transaction }),
  );
  const actor = { type: 'user', userId: user.id, request } as const;
  const event = { eventType: 'user_created', action: 'create_by_oidc', severity: 'high', actor, resourceType: 'users' } as const;
  const details = { after: { ...names, oidc_issuer: issuer, oidc_subject: subject } };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: user.userUuid, details }, transaction);
  return user;
};

/**
 * Whoever had the account, knew its password or a token of it, has it no longer: he may have entered somebody else's address as his own.
 */
const linkAccount = async (
  { db, keyRing }: Deps,
  user: User,
  { issuer, subject }: OidcIdentity,
  request: RequestFacts,
  transaction: Transaction,
): Promise<User> => {
  await user.update({ oidcIssuer: issuer, oidcSubject: subject, passwordHash: NO_PASSWORD, mustChangePassword: false }, { transaction });
  await endSessions(db, { userId: user.id, userUuid: user.userUuid }, 'admin', transaction);
  await execute(db, 'UPDATE api_tokens SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL', [user.id], transaction);
  const actor = { type: 'user', userId: user.id, request } as const;
  const event = { eventType: 'user_updated', action: 'link_by_oidc', severity: 'high', actor, resourceType: 'users' } as const;
  const details = { username: user.username, after: { oidc_issuer: issuer, oidc_subject: subject } };
  await recordAudit(db, keyRing.auditKey, { ...event, resourceId: user.userUuid, details }, transaction);
  return user;
};

/**
 * The account of somebody whom nobody knows yet: a new one without a password; or, where that is configured and the provider has verified the
 * address, the one that has it.
 * @throws OpsError FORBIDDEN when the provider tells too little; CONFLICT when name or address belong to another account, or an approver is named so
 */
export const adoptAccount = async (
  deps: Deps,
  { linksByEmail }: OidcLogin,
  identity: OidcIdentity,
  request: RequestFacts,
  transaction: Transaction,
): Promise<User> => {
  const { email, isVerified } = emailOf(identity.claims);
  if (linksByEmail && isVerified && email !== undefined) {
    const sameEmail = where(fn('lower', col('email')), email.toLowerCase());
    const conditions = { [Op.and]: [sameEmail, { oidcIssuer: null, username: { [Op.ne]: 'system' } }] };
    const known = await UserModel.findOne({ where: conditions, lock: true, transaction });
    if (known !== null) return linkAccount(deps, known, identity, request, transaction);
  }
  return createAccount(deps, identity, request, transaction);
};

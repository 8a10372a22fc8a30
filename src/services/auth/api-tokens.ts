import type { ApiToken, ApiTokenCreated, ApiTokenFilter, CreateApiToken } from '../../contracts/auth.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { ApiTokenModel } from '../../db/models/identity/api-tokens.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { isPermission } from '../../domain/permissions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { withConstraints } from '../constraint-errors.ts';
import { iso } from '../iso.ts';
import { newToken, tokenHash } from '../tokens.ts';
import { requireSession } from './sessions.ts';

const PREFIX_LENGTH = 12;

const infoOf = (row: InstanceType<typeof ApiTokenModel>): ApiToken => ({
  token_uuid: row.tokenUuid,
  name: row.name,
  token_prefix: row.tokenPrefix,
  scopes: row.scopes.filter((scope) => typeof scope === 'string'),
  expires_at: row.expiresAt?.toISOString() ?? null,
  last_used_at: row.lastUsedAt?.toISOString() ?? null,
  created_at: row.createdAt.toISOString(),
});

const checkExpiry = (expiresAt: string | null): void => {
  if (expiresAt === null || Date.parse(expiresAt) > Date.now()) return;
  const message = 'must lie in the future';
  throw new OpsError('VALIDATION', `expires_at: ${message}.`, { fields: [{ path: 'expires_at', message }] });
};

/**
 * Makes a token. No token makes another: one that is stolen ends when it is revoked, or at its time.
 * @throws OpsError VALIDATION for scopes that do not exist or that the caller lacks, CONFLICT when the name is taken, FORBIDDEN for an API token.
 */
export const createApiToken = async ({ db, keyRing }: ServiceDeps, caller: Caller, input: CreateApiToken): Promise<ApiTokenCreated> => {
  authorize(caller, 'tokens.own');
  requireSession(caller);
  const fields = input.scopes.flatMap((scope, index) => {
    if (!isPermission(scope)) return [{ path: `scopes.${index}`, message: `"${scope}" is not a permission` }];
    return caller.permissions.has(scope) ? [] : [{ path: `scopes.${index}`, message: `you lack ${scope} yourself` }];
  });
  if (fields.length > 0) throw new OpsError('VALIDATION', 'A token can only have permissions that its owner has.', { fields });
  checkExpiry(input.expires_at);
  const token = newToken('api');
  const taken = () =>
    new OpsError('CONFLICT', `You have a token named "${input.name}" already. Choose another name, or revoke that one.`, {
      fields: [{ path: 'name', message: 'is taken' }],
    });
  return withConstraints({ uq_api_tokens_user_id_name: taken }, () =>
    db.transaction(async (transaction) => {
      const row = await ApiTokenModel.create(
        {
          userId: caller.userId,
          name: input.name,
          tokenPrefix: token.slice(0, PREFIX_LENGTH),
          tokenHash: tokenHash(token),
          scopes: input.scopes,
          expiresAt: input.expires_at === null ? null : new Date(input.expires_at),
        },
        { transaction },
      );
      const event = {
        eventType: 'api_token_created',
        action: 'create_api_token',
        actor: caller.actor,
        resourceType: 'api_tokens',
      } as const;
      await recordAudit(
        db,
        keyRing.auditKey,
        { ...event, resourceId: row.tokenUuid, details: { name: row.name, scopes: row.scopes } },
        transaction,
      );
      return { ...infoOf(row), token };
    }),
  );
};

const ORDER: Order<'created' | 'name'> = {
  id: 't.id',
  sorts: { created: 'id', name: { by: 't.name', type: 'text' } },
  sort: '-created',
};

/** Columns of a token, table `t`, as the API shows it. */
export const TOKEN_COLUMNS = `t.token_uuid, t.name, t.token_prefix, t.scopes, ${iso('t.expires_at')} AS expires_at, ${iso('t.last_used_at')} AS last_used_at,
${iso('t.created_at')} AS created_at`;

/** The caller's own tokens that are not revoked. */
export const listApiTokens = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, filter: ApiTokenFilter): Promise<Page<ApiToken>> => {
  authorize(caller, 'tokens.own');
  const page = keyset(ORDER, filter, [caller.userId]);
  const rows = await selectRows<ApiToken & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${TOKEN_COLUMNS} FROM api_tokens t WHERE t.user_id = $1 AND t.revoked_at IS NULL AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** Another user's token answers as if absent. @throws OpsError NOT_FOUND */
export const revokeApiToken = async ({ db, keyRing }: ServiceDeps, caller: Caller, tokenUuid: string): Promise<void> => {
  authorize(caller, 'tokens.own');
  await db.transaction(async (transaction) => {
    const [count] = await ApiTokenModel.update(
      { revokedAt: new Date() },
      { where: { tokenUuid, userId: caller.userId, revokedAt: null }, transaction },
    );
    if (count === 0) throw new OpsError('NOT_FOUND', `You have no token ${tokenUuid}.`);
    await notifyAccess(db, 'token', tokenUuid, transaction);
    const event = {
      eventType: 'api_token_revoked',
      action: 'revoke_api_token',
      actor: caller.actor,
      resourceType: 'api_tokens',
      resourceId: tokenUuid,
    } as const;
    await recordAudit(db, keyRing.auditKey, event, transaction);
  });
};

import type { OwnedApiToken, OwnedApiTokenFilter } from '../../contracts/auth.ts';
import type { Page } from '../../contracts/page.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { notifyAccess } from '../../db/notify-access.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { TOKEN_COLUMNS } from '../auth/api-tokens.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { findUser } from './account-rows.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

const ORDER: Order<'created'> = { id: 't.id', sorts: { created: 'id' }, sort: '-created' };

const readTokens = async (
  { db }: Pick<Deps, 'db'>,
  where: string,
  bind: unknown[],
  filter: OwnedApiTokenFilter,
): Promise<Page<OwnedApiToken>> => {
  const page = keyset(ORDER, { ...filter, ...(bind.length > 0 && { of: bind }) }, bind);
  const rows = await selectRows<OwnedApiToken & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${TOKEN_COLUMNS}, u.user_uuid, u.username FROM api_tokens t JOIN users u ON u.id = t.user_id
     WHERE ${where} AND t.revoked_at IS NULL AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows);
};

/** The API tokens of everybody that are not revoked. */
export const listAllTokens = async (deps: Pick<Deps, 'db'>, caller: Caller, filter: OwnedApiTokenFilter): Promise<Page<OwnedApiToken>> => {
  authorize(caller, 'tokens.all');
  return readTokens(deps, 'true', [], filter);
};

/** The API tokens of an account that are not revoked. @throws OpsError NOT_FOUND */
export const listUserTokens = async (
  deps: Pick<Deps, 'db'>,
  caller: Caller,
  uuid: string,
  filter: OwnedApiTokenFilter,
): Promise<Page<OwnedApiToken>> => {
  authorize(caller, 'tokens.all');
  const { id } = await findUser(deps.db, uuid);
  return readTokens(deps, 't.user_id = $1', [id], filter);
};

/** Ends an API token of an account at once. @throws OpsError NOT_FOUND */
export const revokeUserToken = async ({ db, keyRing }: Deps, caller: Caller, uuid: string, tokenUuid: string): Promise<void> => {
  authorize(caller, 'tokens.all');
  await db.transaction(async (transaction) => {
    const { id, username } = await findUser(db, uuid, transaction);
    const revoked = await selectRow<{ name: string }>(
      db,
      'UPDATE api_tokens SET revoked_at = now() WHERE token_uuid = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING name',
      [tokenUuid, id],
      transaction,
    );
    if (revoked === undefined) throw new OpsError('NOT_FOUND', `${username} has no token ${tokenUuid}.`);
    await notifyAccess(db, 'token', tokenUuid, transaction);
    const event = { eventType: 'api_token_revoked', action: 'revoke_api_token', severity: 'medium', actor: caller.actor } as const;
    const details = { username, name: revoked.name };
    await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'api_tokens', resourceId: tokenUuid, details }, transaction);
  });
};

import type { Page } from '../../contracts/page.ts';
import type { User, UserFilter } from '../../contracts/user.ts';
import { keyset } from '../../db/keyset.ts';
import type { Order } from '../../db/keyset.ts';
import { selectRows } from '../../db/query.ts';
import { escapeLike } from '../escape-like.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { IS_PERSON, USER_COLUMNS, findUser, shownUser } from './account-rows.ts';
import type { StoredUser } from './account-rows.ts';

const ORDER: Order<'created' | 'username' | 'last_login'> = {
  id: 'u.id',
  sorts: {
    created: 'id',
    username: { by: 'lower(u.username)', type: 'text' },
    last_login: { by: `coalesce(u.last_login_at, to_timestamp(0))`, type: 'timestamptz' },
  },
  sort: '-created',
};

/** Accounts, also deactivated ones. */
export const listUsers = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, filter: UserFilter): Promise<Page<User>> => {
  authorize(caller, 'users.write');
  const { search, username, role, is_active: isActive } = filter;
  const page = keyset(ORDER, filter, [search === undefined ? null : escapeLike(search), username ?? null, role ?? null, isActive ?? null]);
  const rows = await selectRows<StoredUser & { row_id: number }>(
    db,
    `SELECT ${page.columns}, ${USER_COLUMNS} FROM users u WHERE ${IS_PERSON}
       AND ($1::text IS NULL OR u.username ILIKE '%' || $1 || '%' OR u.email ILIKE '%' || $1 || '%')
       AND ($2::text IS NULL OR lower(u.username) = lower($2)) AND ($3::text IS NULL OR u.role = $3)
       AND ($4::boolean IS NULL OR u.is_active = $4) AND ${page.where} ${page.order}`,
    page.bind,
  );
  return page.of(rows.map(shownUser));
};

/** @throws OpsError NOT_FOUND, also for the account of OpsConductor itself. */
export const getUser = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, uuid: string): Promise<User> => {
  authorize(caller, 'users.write');
  const { id: _, ...user } = await findUser(db, uuid);
  return user;
};

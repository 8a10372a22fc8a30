import { z } from 'zod';
import { UserItem } from '../../../contracts/data-document.ts';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import { CreateUser } from '../../../contracts/user.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { fieldDifferences } from '../../../domain/definition-diff.ts';
import { IS_PERSON, shownUser, USER_COLUMNS } from '../../users/account-rows.ts';
import type { StoredUser } from '../../users/account-rows.ts';
import { insertUser, withFreeNames } from '../../users/create-user.ts';
import { assertMayManage } from '../../users/may-manage.ts';
import { saveUser } from '../../users/update-user.ts';
import { claim, claimedIds } from '../match.ts';
import { changesOf, importOne, nameIn, parseItem, resultOf } from '../row-result.ts';
import type { DataKind, ImportContext, Other } from './kind.ts';
import type { RawRow } from '../sheets/sheet.ts';
import type { Transaction } from 'sequelize';

const TYPE = 'users';
const USERS_A_PAGE = 500;
const FIELDS = ['username', 'email', 'role', 'permissions', 'is_active'] as const;
const NewAccount = z.object({ email: CreateUser.shape.email, role: CreateUser.shape.role, permissions: CreateUser.shape.permissions });
const NO_PASSWORD = 'has no password: reset it (opsconductor users reset-password)';

type Row = StoredUser & { id: number };

async function* usersOf({ db }: ImportContext['deps']): AsyncGenerator<object[]> {
  for (let after = 0; ;) {
    const rows = await selectRows<Row>(
      db,
      `SELECT u.id, ${USER_COLUMNS} FROM users u WHERE ${IS_PERSON} AND u.id > $1 ORDER BY u.id LIMIT ${USERS_A_PAGE}`,
      [after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield rows.map(shownUser).map(({ user_uuid: uuid, username, email, role, permissions, is_active }) => ({
      kind: 'user',
      uuid,
      username,
      email,
      role,
      permissions,
      is_active,
    }));
  }
}

const findByName = async ({ deps: { db } }: ImportContext, username: string, transaction: Transaction) => {
  const row = await selectRow<Row>(
    db,
    `SELECT u.id, ${USER_COLUMNS} FROM users u WHERE lower(u.username) = lower($1) AND ${IS_PERSON} FOR UPDATE`,
    [username],
    transaction,
  );
  return row === undefined ? undefined : shownUser(row);
};

const create = async (context: ImportContext, row: number, item: UserItem, transaction: Transaction): Promise<ImportRow> => {
  const { deps, caller } = context;
  const account = { ...parseItem(NewAccount, item, 'new account'), username: item.username };
  assertMayManage(caller, account, `The account ${item.username} would have`);
  const isActive = item.is_active ?? true;
  const uuid = await insertUser(deps, caller, { ...account, passwordHash: '!', must_change_password: true, isActive }, transaction);
  const made = await findByName(context, item.username, transaction);
  claim(context, TYPE, made?.id ?? 0, row);
  return resultOf({ row, type: TYPE, name: item.username, serial: uuid }, 'created', { warnings: [NO_PASSWORD] });
};

const become = async (context: ImportContext, { row, item: raw }: RawRow, transaction: Transaction): Promise<ImportRow> => {
  const { deps, caller, mode } = context;
  const item = parseItem(UserItem, raw, 'user');
  const before = await findByName(context, item.username, transaction);
  if (before === undefined) return create(context, row, item, transaction);
  claim(context, TYPE, before.id, row);
  const name = { row, type: TYPE, name: before.username, serial: before.user_uuid } as const;
  if (mode === 'append') return resultOf(name, 'skipped');
  const given = FIELDS.filter((field) => item[field] !== undefined);
  const pick = (from: object) => Object.fromEntries(given.map((field) => [field, Reflect.get(from, field) as unknown]));
  const differences = fieldDifferences(pick(before), pick(item));
  if (differences.length === 0) return resultOf(name, 'unchanged');
  const { kind: _, uuid: __, ...change } = item;
  await saveUser(deps, caller, before.user_uuid, change, undefined, transaction);
  return resultOf(name, 'updated', { changes: changesOf(differences) });
};

/** Accounts, without anything that lets them in. */
export const USERS: DataKind = {
  type: TYPE,
  kind: 'user',
  read: 'users.write',
  write: 'users.write',
  rowsAtOnce: 50,
  itemsOf: usersOf,
  importRows: async (context, rows, transaction) => {
    const results: ImportRow[] = [];
    for (const raw of rows) {
      const name = { row: raw.row, type: TYPE, name: nameIn(raw.item, 'username') } as const;
      results.push(await importOne(context, raw, name, transaction, () => withFreeNames(() => become(context, raw, transaction))));
    }
    return results;
  },
  /** Those that are deactivated already are removed as far as accounts can be. */
  others: (context, transaction) =>
    selectRows<Other>(
      context.deps.db,
      `SELECT u.id, u.user_uuid AS key, u.username AS name FROM users u WHERE ${IS_PERSON} AND u.is_active AND u.id <> ALL($1::bigint[]) ORDER BY u.id`,
      [claimedIds(context, TYPE)],
      transaction,
    ),
  remove: ({ deps, caller }, { key }, transaction) => saveUser(deps, caller, key, { is_active: false }, undefined, transaction),
};

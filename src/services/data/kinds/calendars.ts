import type { Transaction } from 'sequelize';
import { CalendarItem } from '../../../contracts/data-document.ts';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { fieldDifferences } from '../../../domain/definition-diff.ts';
import { SHOWN_COLUMNS } from '../../calendars/calendar-rows.ts';
import type { LockedCalendar } from '../../calendars/calendar-rows.ts';
import { checkCalendar, insertCalendar, removeCalendar, saveCalendar, withFreeName } from '../../calendars/write-calendar.ts';
import { claim, claimedIds } from '../match.ts';
import { changesOf, importOne, nameIn, parseItem, resultOf } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import type { DataKind, ImportContext, Other } from './kind.ts';

const TYPE = 'calendars';
const CALENDARS_A_PAGE = 50;
const FIELDS = ['name', 'description', 'timezone', 'windows', 'target_selector', 'firing_effect', 'holds_runs'] as const;

const pick = (from: object): Record<string, unknown> =>
  Object.fromEntries(FIELDS.map((field) => [field, Reflect.get(from, field) as unknown]));

async function* calendarsOf({ db }: ImportContext['deps']): AsyncGenerator<object[]> {
  for (let after = 0; ;) {
    const rows = await selectRows<LockedCalendar>(
      db,
      `SELECT c.id, ${SHOWN_COLUMNS} FROM calendars c WHERE c.id > $1 ORDER BY c.id LIMIT ${CALENDARS_A_PAGE}`,
      [after],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield rows.map((row) => ({ kind: 'calendar', uuid: row.calendar_uuid, ...pick(row) }));
  }
}

const find = (
  { deps: { db } }: ImportContext,
  { name, uuid }: CalendarItem,
  transaction: Transaction,
): Promise<LockedCalendar | undefined> =>
  selectRow<LockedCalendar>(
    db,
    `SELECT c.id, ${SHOWN_COLUMNS} FROM calendars c WHERE c.calendar_uuid = $2 OR lower(c.name) = lower($1)
     ORDER BY (c.calendar_uuid = $2) DESC NULLS LAST LIMIT 1 FOR UPDATE`,
    [name, uuid ?? null],
    transaction,
  );

const become = async (context: ImportContext, { row, item: raw }: RawRow, transaction: Transaction): Promise<ImportRow> => {
  const { deps, caller, mode } = context;
  const item = parseItem(CalendarItem, raw, 'calendar');
  const { kind: _, uuid: __, ...input } = item;
  checkCalendar(input);
  const before = await find(context, item, transaction);
  if (before === undefined) {
    const uuid = await insertCalendar(deps, caller, input, transaction);
    claim(context, TYPE, (await find(context, { ...item, uuid }, transaction))?.id ?? 0, row);
    return resultOf({ row, type: TYPE, name: input.name, serial: uuid }, 'created');
  }
  claim(context, TYPE, before.id, row);
  const about = { row, type: TYPE, name: before.name, serial: before.calendar_uuid } as const;
  if (mode === 'append') return resultOf(about, 'skipped');
  if (!(await saveCalendar(deps, caller, before, input, transaction))) return resultOf(about, 'unchanged');
  return resultOf(about, 'updated', { changes: changesOf(fieldDifferences(pick(before), pick(input))) });
};

/** Calendars, by uuid or name. They come before the jobs that name them. */
export const CALENDARS: DataKind = {
  type: TYPE,
  kind: 'calendar',
  read: 'schedules.read',
  write: 'schedules.write',
  rowsAtOnce: 50,
  itemsOf: calendarsOf,
  importRows: async (context, rows, transaction) => {
    const results: ImportRow[] = [];
    for (const raw of rows) {
      const name = { row: raw.row, type: TYPE, name: nameIn(raw.item) } as const;
      results.push(await importOne(context, raw, name, transaction, () => withFreeName(() => become(context, raw, transaction))));
    }
    return results;
  },
  others: (context, transaction) =>
    selectRows<Other>(
      context.deps.db,
      'SELECT id, calendar_uuid AS key, name FROM calendars WHERE id <> ALL($1::bigint[]) ORDER BY id',
      [claimedIds(context, TYPE)],
      transaction,
    ),
  remove: ({ deps, caller }, { key }, transaction) => removeCalendar(deps, caller, key, undefined, transaction),
};

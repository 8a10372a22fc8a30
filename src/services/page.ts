import type { Page, PageQuery } from '../contracts/page.ts';
import { OpsError } from '../domain/ops-error.ts';

/** Lists are ordered by row id, newest first or oldest first; the cursor is the last id sent, made opaque. */
const encode = (id: number): string => Buffer.from(`i${id}`).toString('base64url');

const notACursor = (): OpsError =>
  new OpsError('VALIDATION', 'The cursor is not one that a page of this list gave.', {
    fields: [{ path: 'cursor', message: 'is not a cursor' }],
  });

/** @throws OpsError VALIDATION for a cursor that no page gave. */
export const cursorId = ({ cursor }: Pick<PageQuery, 'cursor'>): number | undefined => {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const id = /^i\d{1,15}$/.test(text) ? Number(text.slice(1)) : Number.NaN;
  if (Number.isNaN(id)) throw notACursor();
  return id;
};

/** The place of a list that is ordered by branch, then by row id: what the cursor of its page says. @throws OpsError VALIDATION */
export const cursorOfBranch = ({ cursor }: Pick<PageQuery, 'cursor'>): { branchNumber: number; id: number } | undefined => {
  if (cursor === undefined) return undefined;
  const [, branchNumber, id] = /^b(\d{1,9})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (branchNumber === undefined || id === undefined) throw notACursor();
  return { branchNumber: Number(branchNumber), id: Number(id) };
};

/** As pageOfRows, of a list that is ordered by branch, then by row id. */
export const pageByBranch = <Row extends { row_id: number; place: number }>(
  rows: readonly Row[],
  limit: number,
): Page<Omit<Row, 'row_id' | 'place'>> => {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    data: rows.slice(0, limit).map(({ row_id: _rowId, place: _place, ...row }) => row),
    next: last === undefined ? null : Buffer.from(`b${last.place}.${last.row_id}`).toString('base64url'),
  };
};

/** Turns rows (one more than asked for, if there are more) into a page. `row_id` does not leave the service. */
export const pageOfRows = <Row extends { row_id: number }>(rows: readonly Row[], limit: number): Page<Omit<Row, 'row_id'>> => {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return {
    data: data.map(({ row_id: _rowId, ...row }) => row),
    next: rows.length > limit && last !== undefined ? encode(last.row_id) : null,
  };
};

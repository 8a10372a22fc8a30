import type { Page } from '../contracts/page.ts';
import { OpsError } from '../domain/ops-error.ts';

/** Of a plan, whose query is a body: its targets are ordered by row id, and the cursor is the last one sent, made opaque. Lists have db/keyset.ts. */
const encode = (id: number): string => Buffer.from(`i${id}`).toString('base64url');

const notACursor = (): OpsError =>
  new OpsError('VALIDATION', 'The cursor is not one that a page of this list gave.', {
    fields: [{ path: 'cursor', message: 'is not a cursor' }],
  });

/** @throws OpsError VALIDATION for a cursor that no page gave. */
export const cursorId = ({ cursor }: { cursor?: string | undefined }): number | undefined => {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const id = /^i\d{1,15}$/.test(text) ? Number(text.slice(1)) : Number.NaN;
  if (Number.isNaN(id)) throw notACursor();
  return id;
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

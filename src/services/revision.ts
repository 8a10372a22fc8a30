import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/canonical-json.ts';
import { OpsError } from '../domain/ops-error.ts';

/** Revisions that the caller would overwrite (`If-Match`), any of them; undefined: whatever is there. */
export type Expected = readonly string[] | undefined;

const BYTES = 16;

/**
 * Names one state of a thing. A time would not do: rows also move with runs, logins and tests, and not with what hangs on them.
 * @param editable all of it that people change, and nothing else.
 */
export const revisionOf = (editable: object): string =>
  createHash('sha256').update(canonicalJson(editable)).digest().subarray(0, BYTES).toString('base64url');

/**
 * Refuses to write over what the caller has not seen. `actual` is read under the lock of the row.
 * @param what names the thing in the message, such as `Target T20250001`.
 * @throws OpsError REVISION_MISMATCH
 */
export const assertRevision = (expected: Expected, actual: string, what: string): void => {
  if (expected === undefined || expected.includes(actual)) return;
  throw new OpsError(
    'REVISION_MISMATCH',
    `${what} was changed since you read it. Nothing was changed now: read it again, and decide whether your change still holds.`,
  );
};

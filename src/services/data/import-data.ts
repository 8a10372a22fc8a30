import type { DataFormat, ImportLine, ImportQuery, ImportReport, ImportRow, ImportSummary } from '../../contracts/data-transfer.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { readDocument } from './document.ts';
import type { ReadDocument } from './document.ts';
import { importKinds } from './import-kinds.ts';
import type { SortedRows } from './import-kinds.ts';
import { DATA_KINDS } from './kinds/index.ts';
import type { ImportContext } from './kinds/kind.ts';
import { createOpener } from './passphrase.ts';
import { readBody } from './read-body.ts';
import { failed, nameIn } from './row-result.ts';
import type { RawRow } from './sheets/sheet.ts';

export interface ImportInput extends ImportQuery {
  body: AsyncIterable<Uint8Array>;
  format: DataFormat;
  /** Opens what an export has sealed; without it that is left out. */
  passphrase: string | undefined;
}

const unknownKind = ({ row, item }: RawRow): ImportRow => {
  const kind = typeof item['kind'] === 'string' ? item['kind'] : '';
  const kinds = DATA_KINDS.map((known) => known.kind).join(', ');
  const message = `${kind === '' ? 'It has no kind' : 'Its kind is none that is known'}; there are ${kinds}.`;
  return failed(
    { row, type: null, name: nameIn(item) },
    new OpsError('VALIDATION', message, { fields: [{ path: 'kind', message: `is none of ${kinds}` }] }),
  );
};

const sortRows = ({ rows }: ReadDocument): SortedRows => {
  const byKind = Map.groupBy(rows, ({ item }) => item['kind']);
  const kinds = DATA_KINDS.flatMap((kind) => {
    const own = byKind.get(kind.kind);
    return own === undefined ? [] : [{ kind, rows: own }];
  });
  const isKnown = (row: RawRow): boolean => DATA_KINDS.some(({ kind }) => kind === row.item['kind']);
  return { kinds, unknown: rows.filter((row) => !isKnown(row)).map(unknownKind) };
};

const openerOf = async (caller: Caller, { head }: ReadDocument, passphrase: string | undefined): Promise<ImportContext['open']> => {
  if (passphrase === undefined) return undefined;
  authorize(caller, 'credentials.write');
  if (head.seal === undefined)
    throw new OpsError(
      'VALIDATION',
      'A passphrase was given, and the document has no sealed secrets: is it the right one? Nothing was imported.',
    );
  return createOpener(head.seal, passphrase);
};

async function* withSummary(
  rows: AsyncIterable<ImportRow>,
  { mode, validate_only }: ImportQuery,
  total: number,
): AsyncGenerator<ImportLine> {
  yield { line: 'begin', total };
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0, removed: 0, failed: 0 };
  for await (const row of rows) {
    counts[row.outcome] += 1;
    yield row;
  }
  yield { line: 'summary', mode, validate_only, total, ...counts };
}

/**
 * Imports a document: what becomes of each thing is told as soon as it is stored, or with `validate_only` would be. Each thing is written whole or not
 * at all, some hundred in one transaction; one that fails does not stop the others. Who stops reading stops the rest; importing again goes on.
 * @throws OpsError FORBIDDEN, VALIDATION, MALFORMED_REQUEST, PAYLOAD_TOO_LARGE, PASSPHRASE_WRONG, before anything is written
 */
export const importData = async (deps: ServiceDeps, caller: Caller, input: ImportInput): Promise<AsyncGenerator<ImportLine>> => {
  authorize(caller, 'data.import');
  const { mode, validate_only: validateOnly, format } = input;
  const document = await readDocument(await readBody(input.body, format), format);
  const sorted = sortRows(document);
  for (const { kind } of sorted.kinds) authorize(caller, kind.write);
  const open = await openerOf(caller, document, input.passphrase);
  const rows = Object.fromEntries(sorted.kinds.map(({ kind, rows: own }) => [kind.type, own.length]));
  const event = { eventType: 'data_import', action: 'import_data', severity: 'high', actor: caller.actor, resourceType: 'data' } as const;
  const details = { format, mode, validate_only: validateOnly, secrets: open !== undefined, rows };
  await recordAudit(deps.db, deps.keyRing.auditKey, { ...event, details });
  const settings = await deps.readSettings();
  const context: ImportContext = {
    deps,
    caller,
    mode,
    settings,
    open,
    claims: new Map(),
    targetSerials: new Map(),
    changedSettings: new Set(),
  };
  return withSummary(importKinds(context, sorted, validateOnly), input, document.rows.length);
};

/** All lines of an import in one report, by their rows. */
export const reportOf = async (lines: AsyncIterable<ImportLine>): Promise<ImportReport> => {
  const rows: ImportRow[] = [];
  let summary: ImportSummary | undefined;
  for await (const line of lines) {
    if (line.line === 'row') rows.push(line);
    else if (line.line === 'summary') summary = line;
  }
  if (summary === undefined) throw new Error('an import ends with its summary');
  return { summary, rows };
};

import type { ExportData } from '../../contracts/data-transfer.ts';
import { selectRows } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { formOf } from './formats.ts';
import { kindsOf } from './kinds/index.ts';
import { createSealer } from './passphrase.ts';

const refuse = (path: string, message: string): never => {
  throw new OpsError('VALIDATION', `${path}: ${message}. Nothing is exported.`, { fields: [{ path, message }] });
};

const checkScope = ({ types, format, selector, serials, passphrase }: ExportData): void => {
  if (format === 'csv' && passphrase !== undefined) refuse('passphrase', 'csv holds no secrets; take json or yaml');
  if (selector !== undefined && !types.includes('targets')) refuse('selector', 'chooses among targets, and types does not name them');
  const named = types.some((type) => type === 'targets' || type === 'jobs' || type === 'templates');
  if (serials !== undefined && !named) refuse('serials', 'chooses among targets, jobs and templates, and types names none of them');
  if (selector !== undefined) parseSelector(selector);
};

/** A serial that names nothing would be a document that lacks something, without a word. @throws OpsError NOT_FOUND */
const refuseUnknown = async ({ db }: ServiceDeps, { types, serials = [] }: ExportData): Promise<void> => {
  if (serials.length === 0) return;
  const rows = await selectRows<{ serial: string }>(
    db,
    `SELECT target_serial AS serial FROM universal_targets WHERE is_active AND $2::boolean AND target_serial = ANY($1::text[])
     UNION ALL SELECT job_serial FROM jobs WHERE deleted_at IS NULL AND job_serial = ANY($1::text[]) AND CASE WHEN is_template THEN $3::boolean ELSE $4::boolean END`,
    [serials, types.includes('targets'), types.includes('templates'), types.includes('jobs')],
  );
  const known = new Set(rows.map(({ serial }) => serial));
  const missing = serials.filter((serial) => !known.has(serial));
  if (missing.length > 0)
    throw new OpsError(
      'NOT_FOUND',
      `Of the types that are exported nothing has the serial ${missing.slice(0, 5).join(', ')}. Nothing is exported.`,
    );
};

/**
 * All that is asked for as one document, read in pages while it is sent. It is audited before anything is read; secrets leave only sealed.
 * @throws OpsError FORBIDDEN, VALIDATION, NOT_FOUND
 */
export const exportData = async (deps: ServiceDeps, caller: Caller, input: ExportData): Promise<AsyncGenerator<string>> => {
  authorize(caller, 'data.export');
  const { types, format, selector, serials, passphrase } = input;
  const kinds = kindsOf(types);
  for (const { read } of kinds) authorize(caller, read);
  if (passphrase !== undefined) authorize(caller, 'credentials.write');
  checkScope(input);
  await refuseUnknown(deps, input);
  const sealer = passphrase === undefined ? undefined : await createSealer(passphrase);
  const head = { opsconductor: 1, exported_at: new Date().toISOString(), ...(sealer !== undefined && { seal: sealer.head }) } as const;
  const form = formOf(format, types, head);
  const details = {
    types,
    format,
    secrets: sealer !== undefined,
    ...(selector !== undefined && { selector }),
    ...(serials && { serials: serials.length }),
  };
  const event = { eventType: 'data_export', action: 'export_data', severity: 'high', actor: caller.actor, resourceType: 'data' } as const;
  await recordAudit(deps.db, deps.keyRing.auditKey, { ...event, details });
  return (async function* () {
    let count = 0;
    yield form.head;
    for (const kind of kinds) {
      for await (const items of kind.itemsOf(deps, caller, { selector, serials, seal: sealer?.seal })) {
        yield form.page(items, count);
        count += items.length;
      }
    }
    yield form.tail;
  })();
};

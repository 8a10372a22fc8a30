import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { Logger } from 'pino';
import { DataDocument } from '../../contracts/data-document.ts';
import { ExportData, ImportLine, ImportQuery, ImportReport, Passphrase } from '../../contracts/data-transfer.ts';
import type { DataFormat } from '../../contracts/data-transfer.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ServiceDeps } from '../../services/context.ts';
import { exportData } from '../../services/data/export-data.ts';
import { importData, reportOf } from '../../services/data/import-data.ts';
import { body, json } from '../define-route.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { EXPORT_DATA, IMPORT_LINE, IMPORT_REPORT } from '../examples/data.ts';
import { EXPORTED_CSV, EXPORTED_DATA } from '../examples/streams.ts';
import { FILE_HEADERS } from '../route-headers.ts';
import { noting, streamLines, streamTexts } from '../stream-lines.ts';
import { streamedBody } from '../streamed-body.ts';

const tags = ['data'];
/** As any string: the types of the framework take it for JSON. */
const NDJSON: string = 'application/x-ndjson';
const TYPES = { json: 'application/json', yaml: 'application/yaml', csv: 'text/csv' } as const;
const FORMATS: Readonly<Record<string, DataFormat>> = {
  ...Object.fromEntries(Object.entries(TYPES).map(([format, type]) => [type, format as DataFormat])),
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
};
const TEXT = { schema: z.string(), example: EXPORTED_CSV };
/** Only referred to: a schema here would have the framework read the whole body, however large. */
const DOCUMENT = { schema: { $ref: '#/components/schemas/DataDocument' }, example: EXPORTED_DATA };

/** As what is imported again. YAML is read by whoever reads the answer, so that it is no text for them. */
const EXPORTED: Record<string, { schema: z.ZodType; example: unknown }> = {
  [TYPES.csv]: TEXT,
  [TYPES.yaml]: { schema: z.unknown(), example: EXPORTED_DATA },
  [TYPES.json]: DOCUMENT as unknown as { schema: z.ZodType; example: unknown },
};

/** Widened, because the types know no answer but as one document. */
const REPORT: Record<string, { schema: z.ZodType; example?: unknown }> = {
  ...json(ImportReport, '', IMPORT_REPORT).content,
  [NDJSON]: { schema: ImportLine, example: IMPORT_LINE },
};

const formatOf = (request: Request): DataFormat => {
  const [type = ''] = (request.headers.get('content-type') ?? '').toLowerCase().split(';');
  const format = FORMATS[type.trim()];
  if (format !== undefined) return format;
  throw new OpsError(
    'UNSUPPORTED_MEDIA_TYPE',
    `The body is the document itself: send it with Content-Type ${Object.values(TYPES).join(', ')}.`,
  );
};

const ImportHeaders = z.object({
  'x-passphrase': z.string().max(3_000).optional().meta({
    description: 'Passphrase of the sealed secrets of the document, percent-encoded (UTF-8). Without it they are left out.',
  }),
});

const passphraseOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  const refuse = (message: string): never => {
    throw new OpsError('VALIDATION', `The header X-Passphrase ${message}.`, { fields: [{ path: 'X-Passphrase', message }] });
  };
  let text = '';
  try {
    text = decodeURIComponent(header);
  } catch {
    refuse('is not percent-encoded UTF-8');
  }
  const parsed = Passphrase.safeParse(text);
  return parsed.success ? parsed.data : refuse(parsed.error.issues[0]?.message ?? 'is none');
};

const takesLines = (accept: string | undefined): boolean => (accept ?? '').toLowerCase().includes(NDJSON);

export const dataRoutes = (deps: ServiceDeps, route: DefineRoute, log: Logger) => {
  const routes = new OpenAPIHono<ApiEnv>();
  routes.openAPIRegistry.register('DataDocument', DataDocument);
  return routes
    .openapi(
      route(
        {
          method: 'post',
          path: '/export',
          tags,
          operationId: 'exportData',
          summary: 'Export targets, jobs, templates, calendars, settings and users',
          description:
            'One document with what is there, read while it is sent. Takes the right to read each of its types, too (settings.write and users.write for those), and with a passphrase credentials.write. No hash of a password is in it, and a secret only sealed with the passphrase: Argon2id, AES-256-GCM. A document that ends without the end of its form, or before the connection was closed in order, was broken off. Audited. A repeat with the same Idempotency-Key is a new export.',
          access: 'data.export',
          problems: ['NOT_FOUND'],
          streams: 'bytes',
          answersAnew: 'It changes nothing, and what is kept of answers shall hold no sealed secret.',
          request: body(ExportData, EXPORT_DATA),
        },
        {
          200: {
            content: EXPORTED,
            headers: FILE_HEADERS,
            description: 'The document; in YAML as in JSON',
          },
        },
      ),
      async (c) => {
        const input = c.req.valid('json');
        const texts = await exportData(deps, c.get('caller'), input);
        return c.body(streamTexts(noting(log, c.get('requestId'), texts)), 200, {
          'Content-Type': input.format === 'csv' ? `${TYPES.csv}; charset=utf-8` : TYPES[input.format],
          'Content-Disposition': `attachment; filename="opsconductor.${input.format}"`,
        });
      },
    )
    .openapi(
      route(
        {
          method: 'post',
          path: '/import',
          tags,
          operationId: 'importData',
          summary: 'Import a document, or apply one that people wrote',
          description:
            'The body is the document: JSON or CSV of at most 64 MiB, YAML of at most 16 MiB. Takes the right to write each of its types, too, and credentials.write for secrets. What becomes of each thing stands in the report: as one JSON document or, with `Accept: application/x-ndjson`, a line each as soon as it is stored, the summary last. A thing that fails does not stop the others. See docs/export.md.',
          access: 'data.import',
          problems: ['PASSPHRASE_WRONG'],
          streams: 'ndjson',
          streamsBody: true,
          request: {
            query: ImportQuery,
            headers: ImportHeaders,
            body: { required: true, content: { [TYPES.json]: DOCUMENT, [TYPES.yaml]: DOCUMENT, [TYPES.csv]: TEXT } },
          },
        },
        {
          200: {
            content: REPORT,
            description: 'What became of each thing',
          },
        },
      ),
      async (c) => {
        const request = {
          ...c.req.valid('query'),
          body: streamedBody(c.req.raw),
          format: formatOf(c.req.raw),
          passphrase: passphraseOf(c.req.header('x-passphrase')),
        };
        const lines = await importData(deps, c.get('caller'), request);
        if (!takesLines(c.req.header('accept'))) return c.body(JSON.stringify(await reportOf(lines)), 200, { 'Content-Type': TYPES.json });
        return c.body(streamLines(noting(log, c.get('requestId'), lines)), 200, { 'Content-Type': NDJSON, 'X-Accel-Buffering': 'no' });
      },
    );
};

import { z } from 'zod';
import { CredentialEntry, TargetHead } from '../../../contracts/data-document.ts';
import { CreateTarget, CredentialSecret, UpdateTarget } from '../../../contracts/target.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { openJson } from '../passphrase.ts';
import type { OpenSecret } from '../passphrase.ts';
import { parseItem } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';

/** A secret of a target that the document brings, besides the one with which its method logs in. */
export interface FurtherSecret {
  /** Place of the method in the list. */
  index: number;
  entry: CredentialEntry;
  secret: CredentialSecret;
}

/** A target as a document has it, its secrets opened. */
export interface TargetItem {
  head: z.infer<typeof TargetHead>;
  /** All but the names by which it is found. */
  fields: Readonly<Record<string, unknown>>;
  further: FurtherSecret[];
  /** Credentials of which the document only says that they are there. */
  unsaid: { index: number; name: string }[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const entriesOf = (method: Fields, index: number): CredentialEntry[] => {
  const parsed = z
    .array(CredentialEntry)
    .max(20)
    .safeParse(method['credentials'] ?? []);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = ['methods', index, 'credentials', ...(issue?.path ?? [])].map(String).join('.');
  throw new OpsError('VALIDATION', `${path}: ${issue?.message}.`, { fields: [{ path, message: issue?.message ?? '' }] });
};

const secretOf = ({ credential_type, sealed }: CredentialEntry, open: OpenSecret | undefined): CredentialSecret | undefined => {
  if (sealed === undefined || open === undefined) return undefined;
  return parseItem(CredentialSecret, { credential_type, ...Object(openJson(open, sealed)) }, 'secret');
};

const methodOf = (method: Fields, index: number, open: OpenSecret | undefined) => {
  const { credentials: _, ...rest } = method;
  const opened = entriesOf(method, index).map((entry) => ({ index, entry, secret: secretOf(entry, open) }));
  const first = opened.find(({ entry, secret }) => secret !== undefined && entry.is_primary && entry.is_active);
  if (first !== undefined && rest['credential'] !== undefined) {
    const path = `methods.${index}.credential`;
    throw new OpsError('VALIDATION', `${path} is given, and sealed in credentials, too. Leave one of them out.`, {
      fields: [{ path, message: 'is given twice' }],
    });
  }
  return {
    method: first?.secret === undefined ? rest : { ...rest, credential: { ...first.secret, credential_name: first.entry.credential_name } },
    further: opened.flatMap(({ secret, entry }): FurtherSecret[] =>
      secret === undefined || entry === first?.entry ? [] : [{ index, entry, secret }],
    ),
    unsaid: opened.flatMap(({ secret, entry }) => (secret === undefined ? [{ index, name: entry.credential_name }] : [])),
  };
};

/** @throws OpsError VALIDATION, PASSPHRASE_WRONG for a secret that was altered */
export const readTargetItem = ({ item }: RawRow, open: OpenSecret | undefined): TargetItem => {
  const head = parseItem(TargetHead, item, 'target');
  const { kind: _, serial: __, uuid: ___, methods, ...rest } = item;
  if (!Array.isArray(methods)) return { head, fields: { ...rest, ...(methods !== undefined && { methods }) }, further: [], unsaid: [] };
  const read = methods.map((method: unknown, index) =>
    isFields(method) ? methodOf(method, index, open) : { method, further: [], unsaid: [] },
  );
  return {
    head,
    fields: { ...rest, methods: read.map(({ method }) => method) },
    further: read.flatMap(({ further }) => further),
    unsaid: read.flatMap(({ unsaid }) => unsaid),
  };
};

/** As a new target. @throws OpsError VALIDATION */
export const asNewTarget = ({ fields }: TargetItem): CreateTarget => parseItem(CreateTarget, fields, 'target');

/** As changes of one that is there. @throws OpsError VALIDATION */
export const asChangeOfTarget = ({ fields }: TargetItem): UpdateTarget => parseItem(UpdateTarget, fields, 'target');

import { z } from 'zod';
import { JobHead, SealedSecret, TargetNames } from '../../../contracts/data-document.ts';
import { CreateTemplate } from '../../../contracts/job-template.ts';
import { CreateJob } from '../../../contracts/job.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Kind } from '../../jobs/job-kind.ts';
import { openJson } from '../passphrase.ts';
import type { OpenSecret } from '../passphrase.ts';
import { parseItem } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';

/** A job or template as a document has it, its secrets opened. */
export interface JobItem {
  head: z.infer<typeof JobHead>;
  input: CreateJob;
  /** Names or serials. */
  targets: string[] | undefined;
  /** Secret variables of which the document only says that they are there. */
  unsaid: string[];
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

const openVariable = (variable: unknown, index: number, open: OpenSecret | undefined): unknown => {
  if (!isFields(variable) || !Object.hasOwn(variable, 'sealed')) return variable;
  const { sealed: given, ...rest } = variable;
  const sealed = SealedSecret.safeParse(given);
  if (!sealed.success || rest['is_secret'] !== true || rest['value'] !== undefined) {
    const path = `variables.${index}.sealed`;
    const message = 'must be what an export has sealed, of a secret without another value';
    throw new OpsError('VALIDATION', `${path}: ${message}.`, { fields: [{ path, message }] });
  }
  if (open === undefined) return rest;
  const isText = rest['type'] === undefined || rest['type'] === 'string';
  return { ...rest, value: isText ? open(sealed.data) : openJson(open, sealed.data) };
};

/** @throws OpsError VALIDATION, PASSPHRASE_WRONG for a secret that was altered */
export const readJobItem = (kind: Kind, { item }: RawRow, open: OpenSecret | undefined): JobItem => {
  const head = parseItem(JobHead, item, kind);
  const { kind: _, serial: __, uuid: ___, targets, variables, ...rest } = item;
  const opened = Array.isArray(variables) ? variables.map((one: unknown, index) => openVariable(one, index, open)) : variables;
  const fields = { ...rest, ...(opened !== undefined && { variables: opened }) };
  if (kind === 'template') {
    const template = parseItem(CreateTemplate, { ...fields, ...(targets !== undefined && { targets }) }, 'template');
    return { head, input: { ...template, target_selector: null }, targets: undefined, unsaid: unsaidOf(template) };
  }
  const input = parseItem(CreateJob, fields, 'job');
  const names = targets === undefined ? undefined : parseItem(z.object({ targets: TargetNames }), { targets }, 'job').targets;
  return { head, input, targets: names, unsaid: unsaidOf(input) };
};

const unsaidOf = ({ variables }: Pick<CreateJob, 'variables'>): string[] =>
  variables.filter(({ is_secret: isSecret, value }) => isSecret && (value === undefined || value === null)).map(({ key }) => key);

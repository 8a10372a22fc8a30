import type { z } from 'zod';
import { ApiAction } from '../../contracts/actions/api.ts';
import { DatabaseAction } from '../../contracts/actions/database.ts';
import { EmailAction } from '../../contracts/actions/email.ts';
import { FileTransferAction } from '../../contracts/actions/file.ts';
import type { ActionType } from '../../contracts/enums.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { showNul } from '../../domain/output-lines.ts';
import { MASK } from '../../domain/secret-mask.ts';
import type { SecretMask } from '../../domain/secret-mask.ts';
import type { Reference } from '../../domain/template/parse-template.ts';
import { variableText } from '../../domain/template/value.ts';
import type { Lookup, TemplateValue } from '../../domain/template/value.ts';
import { fileOperationText } from './handlers/file.ts';
import { programText } from './render-program.ts';
import type { ProgramRun } from './render-program.ts';
import { bind, render } from './render.ts';

const LONGEST = 65_536;
const ENCODED_MASK = MASK.replaceAll('*', '%2A');

type Described = Omit<ProgramRun, 'previous' | 'marker'>;

/** A reference without a value stands for itself. */
const sourceOf = (reference: Reference): string => {
  if (reference.kind === 'variable') return `\${${reference.name}}`;
  return reference.kind === 'param' ? `\${params.${reference.name}}` : `\${actions.${reference.key}.${reference.field}}`;
};

const tryLookup = (lookup: Lookup, reference: Reference): TemplateValue | undefined => {
  try {
    return lookup(reference);
  } catch (error) {
    if (error instanceof OpsError) return undefined;
    throw error;
  }
};

/** Values are masked before they are put in: quoted for their place, a secret would look another than it is. */
const maskedLookup =
  (lookup: Lookup, mask: SecretMask): Lookup =>
  (reference) => {
    const value = tryLookup(lookup, reference);
    if (value === undefined) return sourceOf(reference);
    const text = variableText(value);
    const masked = mask(text);
    return masked === text ? value : masked;
  };

const parse = <Parameters>(schema: z.ZodType<Parameters>, { parameters }: DefinedAction): Parameters => schema.parse(parameters);

const ofApi = (run: Described): string => {
  const { method, url } = parse(ApiAction.shape.action_parameters, run.action);
  // A login in the URL is no part of where it goes.
  return `${method} ${render(run, url, 'url')
    .replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1')
    .replaceAll(ENCODED_MASK, MASK)}`;
};

const ofDatabase = (run: Described): string => {
  const { segments, values } = bind(run, parse(DatabaseAction.shape.action_parameters, run.action).query);
  const statement = segments.map((segment, index) => (index === 0 ? segment : `$${index}${segment}`)).join('');
  return [statement, ...values.map((value, index) => `-- $${index + 1} = ${JSON.stringify(value)}`)].join('\n');
};

const ofEmail = (run: Described): string => {
  const { to, cc, bcc, subject } = parse(EmailAction.shape.action_parameters, run.action);
  const lines = Object.entries({ to, cc, bcc }).flatMap(([name, all]) =>
    all.length === 0 ? [] : [`${name}: ${all.map((address) => render(run, address, 'plain')).join(', ')}`],
  );
  return [...lines, `subject: ${render(run, subject, 'plain')}`].join('\n');
};

const ofTransfer = (run: Described): string => {
  const parameters = parse(FileTransferAction.shape.action_parameters, run.action);
  if (parameters.operation === 'download') return `download of ${render(run, parameters.source_path, 'plain')}`;
  const what = parameters.artifact === undefined ? 'a text' : `artifact ${parameters.artifact}`;
  return `upload of ${what} to ${render(run, parameters.destination_path, 'plain')}`;
};

const DESCRIPTIONS: Partial<Record<ActionType, (run: Described) => string>> = {
  api: ofApi,
  command: programText,
  script: programText,
  database: ofDatabase,
  file: (run) => fileOperationText(run),
  file_transfer: ofTransfer,
  email: ofEmail,
};

const asWritten = ({ parameters: { command, scriptContent, query } }: DefinedAction): string =>
  [command, scriptContent, query].find((text) => typeof text === 'string') ?? '';

const textOf = (run: Described): string => {
  try {
    return DESCRIPTIONS[run.action.type]?.(run) ?? asWritten(run.action);
  } catch (error) {
    // It will not be sent either; the attempt tells why.
    if (error instanceof OpsError) return asWritten(run.action);
    throw error;
  }
};

/** What an attempt sends, for the record: references have their values, secrets are masked. */
export const describeAction = ({ action, context, lookup }: Described): string => {
  const { mask } = context;
  const text = mask(showNul(textOf({ action, context, lookup: maskedLookup(lookup, mask) }))).toWellFormed();
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).toWellFormed()}\n… (${text.length - LONGEST} more characters)`;
};

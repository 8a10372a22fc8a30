import { isDeepStrictEqual } from 'node:util';
import type { Sequelize, Transaction } from 'sequelize';
import type { CommunicationMethodType, CredentialType } from '../../contracts/enums.ts';
import { JOIN_CREDENTIAL } from '../../db/method-endpoint.ts';
import { selectRows } from '../../db/query.ts';
import { methodWeaknesses } from '../../domain/method-weaknesses.ts';
import { addressOf } from './write-methods.ts';
import type { NamedMethod } from './write-methods.ts';

/** A method as it was, or as it shall be; no secret is in it. */
export interface MethodState {
  name: string;
  type: CommunicationMethodType;
  host: string | null;
  port: number | null;
  is_primary: boolean;
  is_active: boolean;
  priority: number;
  config: Readonly<Record<string, unknown>>;
  credential_type: CredentialType | null;
}

/** One method of a target before and after; undefined where there was, or will be, none. */
export interface MethodChange {
  name: string;
  before: MethodState | undefined;
  after: MethodState | undefined;
  /** The credential stays the one that is stored. */
  keepsCredential: boolean;
  /** Weaknesses that it had not before, and had before. */
  weakened: string[];
  strengthened: string[];
}

/** The methods of a target as they are stored. */
export const readMethodStates = (db: Sequelize, targetId: number, transaction: Transaction): Promise<MethodState[]> =>
  selectRows<MethodState>(
    db,
    `SELECT m.method_name AS name, m.method_type AS type, m.host, m.port, m.is_primary, m.is_active, m.priority, m.config, c.credential_type
     FROM target_communication_methods m ${JOIN_CREDENTIAL} WHERE m.target_id = $1 ORDER BY m.priority, m.id`,
    [targetId],
    transaction,
  );

const weaknessesOf = (state: MethodState | undefined): string[] =>
  state === undefined ? [] : methodWeaknesses({ ...state, method_type: state.type, hasCredential: state.credential_type !== null });

const afterOf = ({ name, isPrimary, priority, input }: NamedMethod, before: MethodState | undefined): MethodState => ({
  name,
  type: input.method_type,
  ...addressOf(input),
  is_primary: isPrimary,
  is_active: input.is_active ?? before?.is_active ?? true,
  priority,
  config: { ...input.config },
  credential_type: input.credential?.credential_type ?? before?.credential_type ?? null,
});

/** What becomes of one method. @param keepsCredential the stored one, if it has one, stays */
export const methodChange = (before: MethodState | undefined, after: MethodState | undefined, keepsCredential: boolean): MethodChange => {
  const [had, has] = [weaknessesOf(before), weaknessesOf(after)];
  return {
    name: before?.name ?? after?.name ?? '',
    before,
    after,
    keepsCredential: keepsCredential && after !== undefined && (before?.credential_type ?? null) !== null,
    weakened: has.filter((weakness) => !had.includes(weakness)),
    strengthened: after === undefined ? [] : had.filter((weakness) => !has.includes(weakness)),
  };
};

/** What becomes of each method of a target, matched by name: those given, in their order, then those that go. */
export const methodChanges = (known: readonly MethodState[], given: readonly NamedMethod[]): MethodChange[] => {
  const compare = (name: string, input: NamedMethod | undefined): MethodChange => {
    const before = known.find((state) => state.name === name);
    const after = input === undefined ? undefined : afterOf(input, before);
    return methodChange(before, after, input?.input.credential === undefined);
  };
  const gone = known.filter(({ name }) => !given.some((method) => method.name === name));
  return [...given.map((method) => compare(method.name, method)), ...gone.map(({ name }) => compare(name, undefined))];
};

const FIELDS = ['name', 'type', 'host', 'port', 'is_primary', 'is_active', 'priority'] as const;

/** The fields, and options of the config, that differ. */
const differences = (one: MethodState, other: MethodState): Record<string, unknown> => {
  const fields = FIELDS.filter((field) => one[field] !== other[field]).map((field) => [field, one[field]] as const);
  const options = Object.keys({ ...one.config, ...other.config }).filter(
    (option) => !isDeepStrictEqual(one.config[option], other.config[option]),
  );
  const config = Object.fromEntries(options.map((option) => [option, one.config[option] ?? null]));
  return { ...Object.fromEntries(fields), ...(options.length > 0 && { config }) };
};

const placeOf = ({ type, host, port }: MethodState): object => ({ type, host, port });

const auditedChange = ({ name, before, after }: MethodChange): object[] => {
  if (before === undefined) return after === undefined ? [] : [{ name, to: placeOf(after) }];
  if (after === undefined) return [{ name, from: placeOf(before) }];
  const from = differences(before, after);
  return Object.keys(from).length === 0 ? [] : [{ name, from, to: differences(after, before) }];
};

/** For the audit: what protects methods less, or more, than before. */
export const auditedProtection = (changes: readonly MethodChange[]): { weakened?: object[]; strengthened?: object[] } => {
  const weakened = changes.flatMap(({ name, weakened: weaknesses }) => (weaknesses.length === 0 ? [] : [{ name, weaknesses }]));
  const strengthened = changes.flatMap(({ name, strengthened: weaknesses }) => (weaknesses.length === 0 ? [] : [{ name, weaknesses }]));
  return { ...(weakened.length > 0 && { weakened }), ...(strengthened.length > 0 && { strengthened }) };
};

/** For the audit: each method before (`from`) and after (`to`), as far as they differ. */
export const auditedMethods = (changes: readonly MethodChange[]): { methods?: object[] } => {
  const methods = changes.flatMap(auditedChange);
  return methods.length === 0 ? {} : { methods };
};

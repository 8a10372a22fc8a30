import type { Sequelize, Transaction } from 'sequelize';
import type { CredentialInput, MethodInput } from '../../contracts/target.ts';
import { CommunicationMethodModel } from '../../db/models/targets/target-communication-methods.ts';
import { selectRow } from '../../db/query.ts';
import type { KeyRing } from '../../db/seal.ts';
import { authorize } from '../context.ts';
import type { Caller } from '../context.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { checkClientCertificate } from '../../transports/check-client-certificate.ts';
import { checkPrivateKey } from '../../transports/check-private-key.ts';
import { insertFirstCredentials, writeCredential } from './write-credential.ts';

/** A method with its name and place in the order settled. */
export interface NamedMethod {
  name: string;
  isPrimary: boolean;
  priority: number;
  input: MethodInput;
}

/**
 * Settles names (`ssh_1` …) and which method is primary: the one that says so, else the first that is switched on.
 * @throws OpsError VALIDATION when names or endpoints repeat, or several are primary.
 */
export const nameMethods = (methods: readonly MethodInput[]): NamedMethod[] => {
  const primaries = methods.filter((method) => method.is_primary === true);
  const first = methods.findIndex((method) => method.is_active !== false);
  const named = methods.map((input, index) => ({
    name: input.method_name ?? `${input.method_type}_${index + 1}`,
    isPrimary: primaries.length === 0 ? index === first : input.is_primary === true,
    priority: input.priority ?? index + 1,
    input,
  }));
  const fields = named.flatMap(({ name }, index) =>
    named.findIndex((other) => other.name === name) < index
      ? [{ path: `methods.${index}.method_name`, message: `"${name}" occurs twice` }]
      : [],
  );
  methods.forEach((method, index) => {
    if (method.is_primary === true && method.is_active === false)
      fields.push({ path: `methods.${index}.is_primary`, message: 'a method that is switched off cannot be primary' });
  });
  if (primaries.length > 1) fields.push({ path: 'methods', message: 'only one method can be primary' });
  if (fields.length > 0) throw new OpsError('VALIDATION', 'The methods of the target contradict each other.', { fields });
  return named;
};

/** What is wrong with the private key or the certificate of a credential, if anything; the message says why, never the key. */
export const keyProblems = (credential: CredentialInput | undefined, path: string): FieldProblem[] => {
  if (credential?.credential_type === 'client_certificate') {
    const problem = checkClientCertificate(credential);
    return problem === undefined ? [] : [{ path: `${path}.${problem.field}`, message: problem.message }];
  }
  if (credential?.credential_type !== 'ssh_key') return [];
  const message = checkPrivateKey(credential.private_key, credential.passphrase);
  return message === undefined ? [] : [{ path: `${path}.private_key`, message }];
};

/** @throws OpsError FORBIDDEN when credentials are given without the right to, VALIDATION for a private key that no login could use. */
export const checkCredentials = (caller: Caller, methods: readonly MethodInput[]): void => {
  if (methods.some((method) => method.credential !== undefined)) authorize(caller, 'credentials.write');
  const fields = methods.flatMap((method, index) => keyProblems(method.credential, `methods.${index}.credential`));
  if (fields.length > 0) throw new OpsError('VALIDATION', 'A private key or certificate cannot be used.', { fields });
};

/** Where a method is; nothing for one without an address (sqlite). */
export const addressOf = (method: MethodInput): { host: string | null; port: number | null } =>
  method.method_type === 'sqlite' ? { host: null, port: null } : { host: method.host, port: method.port };

const noActiveMethod = (): OpsError =>
  new OpsError(
    'CONFLICT',
    'The target would be left without a method that is switched on. Add another one first, or set the status of the target to inactive.',
  );

/** Of a target that is made: its names and places settled, one is primary unless none is switched on. @throws OpsError CONFLICT */
export const assertPrimary = (methods: readonly NamedMethod[]): void => {
  if (!methods.some(({ isPrimary }) => isPrimary)) throw noActiveMethod();
};

/**
 * Has the primary method of a target be one that is switched on: where there is none, the next by its priority becomes it.
 * @returns the name of the method that became primary, if one did. @throws OpsError CONFLICT when no method is switched on
 */
export const settlePrimary = async (db: Sequelize, targetId: number, transaction: Transaction): Promise<string | undefined> => {
  const first = await selectRow<{ method_name: string; became: boolean }>(
    db,
    `WITH first AS (SELECT id, method_name, is_primary FROM target_communication_methods WHERE target_id = $1 AND is_active
       ORDER BY is_primary DESC, priority, id LIMIT 1),
     promoted AS (UPDATE target_communication_methods m SET is_primary = true FROM first WHERE m.id = first.id AND NOT first.is_primary)
     SELECT method_name, NOT is_primary AS became FROM first`,
    [targetId],
    transaction,
  );
  if (first === undefined) throw noActiveMethod();
  return first.became ? first.method_name : undefined;
};

/** Inserts methods that are new, each with its credential, of one target or of many. */
export const insertMethods = async (
  keyRing: KeyRing,
  methods: readonly { targetId: number; method: NamedMethod }[],
  transaction: Transaction,
): Promise<void> => {
  if (methods.length === 0) return;
  const values = methods.map(({ targetId, method: { name, isPrimary, priority, input } }) => ({
    targetId,
    methodType: input.method_type,
    methodName: name,
    ...addressOf(input),
    isPrimary: isPrimary && input.is_active !== false,
    isActive: input.is_active ?? true,
    priority,
    config: { ...input.config },
  }));
  const rows = await CommunicationMethodModel.bulkCreate(values, { transaction, returning: ['id', 'targetId', 'methodName'] });
  const idOf = new Map(rows.map(({ id, targetId, methodName }) => [`${targetId}/${methodName}`, id]));
  const credentials = methods.flatMap(({ targetId, method: { name, input } }) =>
    input.credential === undefined ? [] : [{ methodId: idOf.get(`${targetId}/${name}`) ?? 0, credential: input.credential }],
  );
  await insertFirstCredentials(keyRing, credentials, transaction);
};

/** Makes the methods of a target what is given, matched by name. A changed endpoint forgets the pinned host key. */
export const replaceMethods = async (
  keyRing: KeyRing,
  targetId: number,
  methods: readonly NamedMethod[],
  transaction: Transaction,
): Promise<void> => {
  // Primary flags are cleared first: at no moment may a target have two. A row that was read before would not know of it, and keep no flag.
  await CommunicationMethodModel.update({ isPrimary: false }, { where: { targetId }, transaction });
  const known = await CommunicationMethodModel.findAll({ where: { targetId }, transaction });
  const gone = known.filter((row) => !methods.some((method) => method.name === row.methodName));
  for (const row of gone) await row.destroy({ transaction });
  for (const method of methods) {
    const row = known.find((candidate) => candidate.methodName === method.name);
    if (row === undefined) {
      await insertMethods(keyRing, [{ targetId, method }], transaction);
      continue;
    }
    const { input, isPrimary, priority } = method;
    const address = addressOf(input);
    const moved = row.host !== address.host || row.port !== address.port;
    const isActive = input.is_active ?? row.isActive;
    const values = {
      methodType: input.method_type,
      ...address,
      isPrimary: isPrimary && isActive,
      isActive,
      priority,
      config: { ...input.config },
    };
    await row.update({ ...values, ...(moved && { hostKeyFingerprint: null }) }, { transaction });
    if (input.credential !== undefined) await writeCredential(keyRing, row.id, input.credential, transaction);
  }
};

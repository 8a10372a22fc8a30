import { randomUUID } from 'node:crypto';
import type { Transaction } from 'sequelize';
import type { CredentialInput, MethodInput } from '../../contracts/target.ts';
import { CommunicationMethodModel } from '../../db/models/targets/target-communication-methods.ts';
import { CredentialModel } from '../../db/models/targets/target-credentials.ts';
import { sealBytes } from '../../db/seal.ts';
import type { KeyRing } from '../../db/seal.ts';
import { authorize } from '../context.ts';
import type { Caller } from '../context.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { checkClientCertificate } from '../../transports/check-client-certificate.ts';
import { checkPrivateKey } from '../../transports/check-private-key.ts';

/** A method with its name and place in the order settled. */
export interface NamedMethod {
  name: string;
  isPrimary: boolean;
  priority: number;
  input: MethodInput;
}

/**
 * Settles names (`ssh_1` …) and which method is primary: the one that says so, else the first.
 * @throws OpsError VALIDATION when names or endpoints repeat, or several are primary.
 */
export const nameMethods = (methods: readonly MethodInput[]): NamedMethod[] => {
  const primaries = methods.filter((method) => method.is_primary === true);
  const named = methods.map((input, index) => ({
    name: input.method_name ?? `${input.method_type}_${index + 1}`,
    isPrimary: primaries.length === 0 ? index === 0 : input.is_primary === true,
    priority: index + 1,
    input,
  }));
  const fields = named.flatMap(({ name }, index) =>
    named.findIndex((other) => other.name === name) < index
      ? [{ path: `methods.${index}.method_name`, message: `"${name}" occurs twice` }]
      : [],
  );
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

/** What of a credential is sealed. */
export const plainSecret = (credential: CredentialInput): object => {
  const { credential_type: _, credential_name: __, ...secret } = credential;
  return secret;
};

/** Where a method is; nothing for one without an address (sqlite). */
export const addressOf = (method: MethodInput): { host: string | null; port: number | null } =>
  method.method_type === 'sqlite' ? { host: null, port: null } : { host: method.host, port: method.port };

/** Inserts or replaces the primary credential of a method. */
export const writeCredential = async (
  keyRing: KeyRing,
  methodId: number,
  credential: CredentialInput,
  transaction: Transaction,
): Promise<string> => {
  await CredentialModel.destroy({ where: { communicationMethodId: methodId }, transaction });
  const credentialUuid = randomUUID();
  const sealed = sealBytes(keyRing, JSON.stringify(plainSecret(credential)), {
    table: 'target_credentials',
    uuid: credentialUuid,
    column: 'ciphertext',
  });
  await CredentialModel.create(
    {
      credentialUuid,
      communicationMethodId: methodId,
      credentialType: credential.credential_type,
      credentialName: credential.credential_name,
      isPrimary: true,
      ciphertext: sealed.ciphertext,
      nonce: sealed.nonce,
      keyId: sealed.keyId,
    },
    { transaction },
  );
  return credentialUuid;
};

/** Inserts the methods of a target that has none yet. */
export const insertMethods = async (
  keyRing: KeyRing,
  targetId: number,
  methods: readonly NamedMethod[],
  transaction: Transaction,
): Promise<void> => {
  for (const { name, isPrimary, priority, input } of methods) {
    const row = await CommunicationMethodModel.create(
      {
        targetId,
        methodType: input.method_type,
        methodName: name,
        ...addressOf(input),
        isPrimary,
        priority,
        config: { ...input.config },
      },
      { transaction },
    );
    if (input.credential !== undefined) await writeCredential(keyRing, row.id, input.credential, transaction);
  }
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
      await insertMethods(keyRing, targetId, [method], transaction);
      continue;
    }
    const { input, isPrimary, priority } = method;
    const address = addressOf(input);
    const moved = row.host !== address.host || row.port !== address.port;
    const values = { methodType: input.method_type, ...address, isPrimary, priority, config: { ...input.config } };
    await row.update({ ...values, ...(moved && { hostKeyFingerprint: null }) }, { transaction });
    if (input.credential !== undefined) await writeCredential(keyRing, row.id, input.credential, transaction);
  }
};

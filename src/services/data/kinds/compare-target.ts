import type { ImportChange } from '../../../contracts/data-transfer.ts';
import type { MethodInput, Target, UpdateTarget } from '../../../contracts/target.ts';
import type { KeyRing } from '../../../db/seal.ts';
import { canonicalJson } from '../../../domain/canonical-json.ts';
import { fieldDifferences, partDifferences } from '../../../domain/definition-diff.ts';
import type { NamedPart } from '../../../domain/definition-diff.ts';
import { methodChanges } from '../../targets/method-changes.ts';
import type { MethodState } from '../../targets/method-changes.ts';
import { plainSecret } from '../../targets/write-credential.ts';
import { nameMethods } from '../../targets/write-methods.ts';
import type { NamedMethod } from '../../targets/write-methods.ts';
import { changesOf } from '../row-result.ts';
import { openedText } from './target-credentials.ts';
import type { GivenCredential, StoredCredential } from './target-credentials.ts';
import type { FurtherSecret } from './target-item.ts';

const SECRET = '(a secret)';
const OTHER_SECRET = '(another secret)';

const stateOf = (method: Target['methods'][number]): MethodState => ({
  name: method.method_name,
  type: method.method_type,
  host: method.host,
  port: method.port,
  is_primary: method.is_primary,
  is_active: method.is_active,
  priority: method.priority,
  config: method.config,
  credential_type: method.credentials.find(({ is_active: isActive }) => isActive)?.credential_type ?? null,
});

const partsOf = (states: readonly MethodState[]): NamedPart[] =>
  states
    .map(({ name, type, config, credential_type: _, ...fields }) => ({
      key: name,
      fields: {
        method_type: type,
        ...fields,
        ...Object.fromEntries(Object.entries(config).map(([option, value]) => [`config.${option}`, value])),
      },
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));

/** The secrets that come with a target: those with which methods log in, and the others. */
export const givenCredentials = (named: readonly NamedMethod[], further: readonly FurtherSecret[]) => {
  const first = named.flatMap(({ name: method, input: { credential } }): GivenCredential[] => {
    if (credential === undefined) return [];
    const { credential_name: name, ...secret } = credential;
    return [{ method, name, isPrimary: true, isActive: true, secret }];
  });
  const others = further.map(({ index, entry, secret }): GivenCredential => ({
    method: named[index]?.name ?? '',
    name: entry.credential_name,
    isPrimary: entry.is_primary,
    isActive: entry.is_active,
    secret,
  }));
  return { first, others };
};

/** Is this secret stored already, and used alike? */
const isStored = (keyRing: KeyRing, stored: readonly StoredCredential[], given: GivenCredential): boolean => {
  const known = stored.find((one) => one.method_name === given.method && one.credential_name === given.name);
  if (known === undefined || known.is_primary !== given.isPrimary || known.is_active !== given.isActive) return false;
  if (known.credential_type !== given.secret.credential_type) return false;
  const text = openedText(keyRing, known);
  return text !== undefined && canonicalJson(JSON.parse(text)) === canonicalJson(plainSecret(given.secret));
};

/** What makes a target what an item says. */
export interface TargetChange {
  changes: ImportChange[];
  /** Only what is another; undefined: only credentials besides the first ones are. */
  input: UpdateTarget | undefined;
  credentials: GivenCredential[];
}

const withoutStored = (method: MethodInput, isOther: boolean): MethodInput => {
  if (isOther || method.credential === undefined) return method;
  const { credential: _, ...rest } = method;
  return rest;
};

/**
 * Compares a target with what an item says of it; fields that are left out stay. No secret is in the changes.
 * @param stored its credentials, where the item brings secrets. @throws OpsError VALIDATION
 */
export const compareTarget = (
  keyRing: KeyRing,
  current: Target,
  input: UpdateTarget,
  { further, stored }: { further: readonly FurtherSecret[]; stored: readonly StoredCredential[] },
): TargetChange => {
  const { methods, ...head } = input;
  const given = Object.entries(head).filter(([, value]) => value !== undefined);
  const before = Object.fromEntries(given.map(([field]) => [field, Reflect.get(current, field) as unknown]));
  const fields = fieldDifferences(before, Object.fromEntries(given));
  const named = methods === undefined ? [] : nameMethods(methods);
  const known = current.methods.map(stateOf);
  const after = methodChanges(known, named).flatMap((change) => change.after ?? []);
  const ofMethods = methods === undefined ? [] : partDifferences(partsOf(known), partsOf(after), 'methods');
  const { first, others } = givenCredentials(named, further);
  const [newFirst, newOthers] = [first, others].map((all) => all.filter((one) => !isStored(keyRing, stored, one)));
  const ofSecrets = [...(newFirst ?? []), ...(newOthers ?? [])].map(({ method, name }): ImportChange => {
    const isKnown = stored.some((one) => one.method_name === method && one.credential_name === name);
    return { path: `methods.${method}.credentials.${name}`, from: isKnown ? SECRET : null, to: isKnown ? OTHER_SECRET : SECRET };
  });
  const renewed = new Set(newFirst?.map(({ method }) => method));
  const writesMethods = ofMethods.length > 0 || renewed.size > 0;
  const changed = Object.fromEntries(fields.map(({ path, after: value }) => [path, value])) as UpdateTarget;
  const written = named.map(({ name, input: method }) => withoutStored(method, renewed.has(name)));
  return {
    changes: [...changesOf([...fields, ...ofMethods]), ...ofSecrets],
    input: fields.length === 0 && !writesMethods ? undefined : { ...changed, ...(writesMethods && { methods: written }) },
    credentials: newOthers ?? [],
  };
};

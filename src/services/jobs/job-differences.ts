import type { KeyRing } from '../../db/seal.ts';
import { fieldDifferences, partDifferences } from '../../domain/definition-diff.ts';
import type { Difference, NamedPart } from '../../domain/definition-diff.ts';
import type { ActionRow } from './nest-actions.ts';
import type { StoredVersion } from './stored-version.ts';
import { openVariables } from './stored-variables.ts';

type Fields = Readonly<Record<string, unknown>>;

const asFields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});

/** A field that holds fields of its own is compared by these. */
const nestedDifferences =
  (...nested: readonly string[]) =>
  (before: Fields, after: Fields, path: string): Difference[] => {
    const rest = (fields: Fields): Fields => Object.fromEntries(Object.entries(fields).filter(([field]) => !nested.includes(field)));
    const at = (field: string): string => (path === '' ? field : `${path}.${field}`);
    return [
      ...fieldDifferences(rest(before), rest(after), path),
      ...nested.flatMap((field) => fieldDifferences(asFields(before[field]), asFields(after[field]), at(field))),
    ];
  };

const actionParts = (actions: readonly ActionRow[]): NamedPart[] =>
  actions.map(({ action_order: _, action_key: key, parent, slot, ...fields }) => ({
    key,
    fields: { ...fields, inside: parent === null ? null : { action: actions[parent - 1]?.action_key, slot } },
  }));

const SECRET = /^variables\.[^.]+(?:\.secret)?$/;

/** Whether a secret is another, is told; what it was and is, is not. */
const withoutSecrets = (difference: Difference): Difference => {
  if (!SECRET.test(difference.path)) return difference;
  const hide = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return difference.path.endsWith('.secret') ? null : value;
    return Object.hasOwn(value, 'secret') ? { ...value, secret: null } : value;
  };
  return {
    ...difference,
    path: difference.path.replace(/\.secret$/, '.value'),
    before: hide(difference.before),
    after: hide(difference.after),
  };
};

/** In what two versions of a job differ; empty: in nothing. No secret is in it. */
export const jobDifferences = (keyRing: KeyRing, jobUuid: string, before: StoredVersion, after: StoredVersion): Difference[] => {
  const variableParts = ({ variables }: StoredVersion): NamedPart[] =>
    openVariables(keyRing, jobUuid, variables).map(({ key, ...fields }) => ({ key, fields: { ...fields } }));
  return [
    ...nestedDifferences('settings')(before.head, after.head, ''),
    ...partDifferences(variableParts(before), variableParts(after), 'variables').map(withoutSecrets),
    ...partDifferences(
      actionParts(before.actions),
      actionParts(after.actions),
      'actions',
      nestedDifferences('action_parameters', 'action_config'),
    ),
  ];
};

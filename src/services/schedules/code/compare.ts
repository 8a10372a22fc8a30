import type { PlannedDifference, ScheduleChangeKind } from '../../../contracts/schedule-code.ts';
import { SealedValue } from '../../../contracts/sealed-value.ts';
import type { KeyRing } from '../../../db/seal.ts';
import type { FieldProblem } from '../../../domain/ops-error.ts';
import { columnsOfRules, rulesOfColumns } from '../../../domain/schedules/rule-columns.ts';
import { variableText } from '../../../domain/template/value.ts';
import { canonicalDefinition, hashOf, openScheduleVariables } from '../definition.ts';
import type { FiringDefinition } from '../definition.ts';
import { firingRulesOf } from '../schedule-row.ts';
import type { CodeRow } from './code-rows.ts';
import { leafDifferences } from './leaf-differences.ts';
import { KEPT_SECRET } from './resolve-set.ts';
import type { ResolvedDefinition } from './resolve-set.ts';

/** What is to become of a definition. */
export interface Comparison {
  change: Extract<ScheduleChangeKind, 'create' | 'update' | 'adopt' | 'unchanged'>;
  differences: PlannedDifference[];
  /** With the secrets that stay. */
  definition: FiringDefinition;
  /** It fires otherwise, or its runs are given something else; false: Temporal has to be told nothing of it. */
  isOther: boolean;
}

interface CompareDeps {
  keyRing: KeyRing;
  /** Of targets, by uuid. */
  serialOf: (uuid: string) => string;
}

const instant = (text: string | null): string | null => (text === null ? null : new Date(text).toISOString());

const shownFiring = ({
  rules,
  ...one
}: Pick<FiringDefinition, 'rules' | 'max_executions' | 'overlap_policy' | 'catchup_window_seconds' | 'pause_on_failure'>) => ({
  when: rulesOfColumns(columnsOfRules(rules.when)),
  timezone: rules.timezone,
  start_date: instant(rules.start_date),
  end_date: instant(rules.end_date),
  max_executions: one.max_executions,
  jitter_seconds: rules.jitter_seconds,
  overlap_policy: one.overlap_policy,
  catchup_window_seconds: one.catchup_window_seconds,
  pause_on_failure: one.pause_on_failure,
});

/** Variables without the secrets among them, of which only is told that they are others. */
const shownVariables = (
  variables: Readonly<Record<string, unknown>>,
  secrets: ReadonlySet<string>,
  stored: Readonly<Record<string, unknown>> | undefined,
) =>
  Object.fromEntries(
    Object.entries(variables).map(([key, value]) => {
      if (!secrets.has(key)) return [key, value];
      const isSame = stored === undefined || stored[key] === undefined || variableText(stored[key]) === variableText(value);
      return [key, isSame ? KEPT_SECRET : `${KEPT_SECRET} (another)`];
    }),
  );

const shownRow = (row: CodeRow, secrets: ReadonlySet<string>, serialOf: CompareDeps['serialOf']) => {
  const {
    target_uuids: uuids,
    target_selector,
    variables = {},
    calendars = [],
    labels = {},
    defined_paused: paused = false,
  } = row.schedule_config;
  const sealed = Object.keys(variables).filter((key) => SealedValue.safeParse(variables[key]).success);
  return {
    description: row.description,
    ...shownFiring({ ...row, rules: firingRulesOf(row) }),
    targets: uuids?.map(serialOf).toSorted(),
    target_selector,
    variables: shownVariables(variables, new Set([...secrets, ...sealed]), undefined),
    calendars: calendars.toSorted(),
    labels,
    paused,
  };
};

const shownDefinition = (
  { input }: ResolvedDefinition,
  definition: FiringDefinition,
  stored: Readonly<Record<string, unknown>>,
  serialOf: CompareDeps['serialOf'],
) => ({
  description: input.description,
  ...shownFiring(definition),
  targets: definition.target_uuids?.map(serialOf).toSorted(),
  target_selector: definition.target_selector,
  variables: shownVariables(definition.variables, definition.secrets, stored),
  calendars: definition.calendars.toSorted(),
  labels: definition.labels,
  paused: input.paused,
});

/** The values that the row has, secrets in clear; those that no key opens are missing. */
const storedValues = (keyRing: KeyRing, row: CodeRow | undefined, { job }: ResolvedDefinition): Record<string, unknown> => {
  if (row === undefined) return {};
  try {
    return openScheduleVariables(keyRing, row.schedule_uuid, row.schedule_config, job.variables);
  } catch {
    return {};
  }
};

const missingSecrets = ({ kept }: ResolvedDefinition, stored: Readonly<Record<string, unknown>>): FieldProblem[] =>
  kept
    .filter((key) => stored[key] === undefined)
    .map((key) => ({
      path: `variables.${key}`,
      message: `is a secret that is not stored yet: give it once in the place of ${KEPT_SECRET}`,
    }));

/**
 * What a definition changes of the row that has its job and name; undefined: there is none.
 * @returns problems when a secret is to stay that is not there
 */
export const compareWithRow = (
  { keyRing, serialOf }: CompareDeps,
  resolved: ResolvedDefinition,
  row: CodeRow | undefined,
): Comparison | { fields: FieldProblem[] } => {
  const stored = storedValues(keyRing, row, resolved);
  const fields = missingSecrets(resolved, stored);
  if (fields.length > 0) return { fields };
  const kept = Object.fromEntries(resolved.kept.map((key) => [key, stored[key]]));
  const definition = { ...resolved.definition, variables: { ...resolved.definition.variables, ...kept } };
  const after = shownDefinition(resolved, definition, stored, serialOf);
  if (row === undefined) return { change: 'create', differences: leafDifferences({}, after), definition, isOther: true };
  const hash = hashOf(canonicalDefinition(keyRing, definition));
  const isOther = hash !== row.definition_hash;
  const differences = leafDifferences(shownRow(row, definition.secrets, serialOf), after);
  if (isOther && differences.every(({ path }) => path === 'description' || path === 'paused'))
    differences.push({ path: 'definition_hash', before: row.definition_hash, after: hash });
  if (row.definition_source === 'api') return { change: 'adopt', differences, definition, isOther };
  if (row.definition_path !== resolved.path)
    differences.push({ path: 'definition_path', before: row.definition_path, after: resolved.path });
  return { change: differences.length === 0 ? 'unchanged' : 'update', differences, definition, isOther };
};

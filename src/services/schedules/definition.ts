import { createHash, createHmac } from 'node:crypto';
import type { StoredVariable } from '../../db/load-definition.ts';
import { SealedValue } from '../../contracts/sealed-value.ts';
import { openValue, sealValue } from '../../db/seal.ts';
import type { KeyRing, SealPlace } from '../../db/seal.ts';
import { canonicalJson } from '../../domain/canonical-json.ts';
import { columnsOfRules, rulesOfColumns } from '../../domain/schedules/rule-columns.ts';
import { variableText } from '../../domain/template/value.ts';
import type { ScheduleConfig } from './schedule-row.ts';
import type { FiringRules } from './temporal-schedules.ts';

/** What a schedule is, beside whether it is paused: its firing and what its runs are given. Secrets are in clear here. */
export interface FiringDefinition {
  name: string;
  job_uuid: string;
  rules: FiringRules;
  max_executions: number | null;
  overlap_policy: string;
  catchup_window_seconds: number;
  pause_on_failure: boolean;
  target_uuids: readonly string[] | undefined;
  target_selector: string | undefined;
  variables: Readonly<Record<string, unknown>>;
  secrets: ReadonlySet<string>;
  calendars: readonly string[];
  labels: Readonly<Record<string, string>>;
}

const instant = (text: string | null): string | null => (text === null ? null : new Date(text).toISOString());

/** The same text for the same definition, however it was written. A secret is in it as what only this installation makes of it. */
export const canonicalDefinition = (keyRing: KeyRing, { rules, secrets, variables, ...definition }: FiringDefinition): string =>
  canonicalJson({
    ...definition,
    when: rulesOfColumns(columnsOfRules(rules.when)),
    timezone: rules.timezone,
    start_date: instant(rules.start_date),
    end_date: instant(rules.end_date),
    jitter_seconds: rules.jitter_seconds,
    target_uuids: definition.target_uuids?.toSorted(),
    calendars: definition.calendars.toSorted(),
    variables: Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [
        key,
        secrets.has(key) ? createHmac('sha256', keyRing.auditKey).update(variableText(value)).digest('hex') : value,
      ]),
    ),
  });

export const hashOf = (canonical: string): string => createHash('sha256').update(canonical).digest('hex');

const placeOf = (scheduleUuid: string, key: string): SealPlace => ({
  table: 'job_schedules',
  uuid: scheduleUuid,
  column: `variables.${key}`,
});

export const secretsOf = (declared: readonly StoredVariable[]): Set<string> =>
  new Set(declared.flatMap(({ key, is_secret: isSecret }) => (isSecret ? [key] : [])));

/** As the row keeps them: secrets sealed for this schedule. */
export const sealVariables = (
  keyRing: KeyRing,
  scheduleUuid: string,
  { variables, secrets }: Pick<FiringDefinition, 'variables' | 'secrets'>,
): NonNullable<ScheduleConfig['variables']> =>
  Object.fromEntries(
    Object.entries(variables).map(([key, value]) => [
      key,
      secrets.has(key) ? sealValue(keyRing, variableText(value), placeOf(scheduleUuid, key)) : value,
    ]),
  ) as NonNullable<ScheduleConfig['variables']>;

const openOne = (keyRing: KeyRing, scheduleUuid: string, key: string, value: unknown, type: string | undefined): unknown => {
  const sealed = SealedValue.safeParse(value);
  if (!sealed.success) return value;
  const text = openValue(keyRing, sealed.data, placeOf(scheduleUuid, key));
  return type === undefined || type === 'string' ? text : parsedOr(text);
};

/** Sealed while the job declared it as a text, it stays one, which is then told not to fit; the error of JSON.parse would tell the secret. */
const parsedOr = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/** In clear again: they must not leave the process. @throws OpsError CREDENTIAL_UNREADABLE */
export const openScheduleVariables = (
  keyRing: KeyRing,
  scheduleUuid: string,
  { variables = {} }: Pick<ScheduleConfig, 'variables'>,
  declared: readonly StoredVariable[],
): Record<string, unknown> => {
  const types = new Map(declared.map(({ key, type }) => [key, type]));
  return Object.fromEntries(
    Object.entries(variables).map(([key, value]) => [key, openOne(keyRing, scheduleUuid, key, value, types.get(key))]),
  );
};

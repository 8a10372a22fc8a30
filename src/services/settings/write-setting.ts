import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from 'sequelize';
import { DANGEROUS_PATTERNS } from '../../contracts/dangerous-patterns.ts';
import { SETTINGS } from '../../contracts/settings.ts';
import type { SettingKey } from '../../contracts/settings.ts';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { patternProblem } from '../../domain/pattern-problem.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { defaultOf, SETTING_ROW, showSetting } from './show-setting.ts';
import type { SettingRow } from './show-setting.ts';

/** A change of one setting. */
export interface SettingChange {
  key: SettingKey;
  value: unknown;
  /** Place of the value in the request, for problems with it. */
  path: string;
  /** Verb of the audit event. */
  action: string;
  note?: string | undefined;
}

/** Those whose change takes away protection, records of what was done, or work. */
const WEIGHTY: ReadonlySet<SettingKey> = new Set([
  'dangerous_command_patterns',
  'outbound_denied_networks',
  'rate_limit_token_per_minute',
  'rate_limit_address_per_minute',
  'rate_limit_login_per_minute',
  'maintenance_mode',
  'audit_retention_days',
  'log_retention_days',
  'execution_retention_days',
  'purge_after_days',
  'password_min_length',
  'login_max_failures',
  'login_lock_minutes',
  'session_timeout_seconds',
  'inactivity_timeout_minutes',
]);

/** A pattern that is new must not take for ever on some text; those of this version have been looked at. */
const newPatternProblems = (path: string, patterns: readonly unknown[], before: unknown): FieldProblem[] => {
  const known = new Set<unknown>([...DANGEROUS_PATTERNS, ...(Array.isArray(before) ? before : [])]);
  return patterns.flatMap((pattern, index) => {
    const message = typeof pattern !== 'string' || pattern === '' || known.has(pattern) ? undefined : patternProblem(pattern);
    return message === undefined ? [] : [{ path: `${path}.${index}`, message }];
  });
};

/** @throws OpsError VALIDATION naming what is wrong with the value. */
const parseValue = ({ key, value, path }: SettingChange, before: unknown): unknown => {
  const parsed = SETTINGS[key].schema.safeParse(value);
  const patterns = key === 'dangerous_command_patterns' && Array.isArray(value) ? newPatternProblems(path, value, before) : [];
  const fields = [
    ...patterns,
    ...(parsed.error?.issues ?? []).map((issue) => ({ path: [path, ...issue.path].join('.'), message: issue.message })),
  ];
  const [first] = fields;
  if (first !== undefined || !parsed.success)
    throw new OpsError('VALIDATION', `${key} is not changed: ${first?.path}: ${first?.message}.`, { fields: fields.slice(0, 20) });
  return parsed.data;
};

/** What a list has gained and lost says more than two long lists. */
const difference = (before: unknown, after: unknown): Record<string, unknown> =>
  Array.isArray(before) && Array.isArray(after)
    ? { added: after.filter((item) => !before.includes(item)), removed: before.filter((item) => !after.includes(item)) }
    : { before, after };

/** The row of a setting, locked until the transaction ends; made with its default where there is none, which was then read as version 0. */
export const lockSetting = async ({ db }: Pick<ServiceDeps, 'db'>, key: SettingKey, transaction: Transaction): Promise<SettingRow> => {
  const locked = (): Promise<SettingRow | undefined> =>
    selectRow<SettingRow>(db, `SELECT ${SETTING_ROW} FROM system_settings s WHERE s.setting_key = $1 FOR UPDATE`, [key], transaction);
  const row = await locked();
  if (row !== undefined) return row;
  const inserted = await selectRow(
    db,
    'INSERT INTO system_settings (setting_key, setting_value, description) VALUES ($1, $2::jsonb, $3) ON CONFLICT DO NOTHING RETURNING id',
    [key, JSON.stringify(defaultOf(key)), SETTINGS[key].description],
    transaction,
  );
  const made = await locked();
  if (made === undefined) throw new OpsError('INTERNAL', `The row of the setting ${key} could not be made.`);
  return inserted === undefined ? made : { ...made, version: 0 };
};

/**
 * Writes a setting with its audit event; the value that it has already changes nothing. Follow it by `afterChange` when the transaction has ended.
 * @param before its row, locked.
 * @throws OpsError VALIDATION
 */
export const writeSetting = async (
  { db, keyRing }: ServiceDeps,
  caller: Caller,
  change: SettingChange,
  before: SettingRow,
  transaction: Transaction,
): Promise<boolean> => {
  const { key, action, note } = change;
  const after = parseValue(change, before.stored);
  if (isDeepStrictEqual(after, before.stored)) return false;
  await execute(
    db,
    'UPDATE system_settings SET setting_value = $2::jsonb, version = version + 1, updated_by = $3 WHERE setting_key = $1',
    [key, JSON.stringify(after), caller.userId],
    transaction,
  );
  const event = {
    eventType: 'system_config_changed',
    action,
    severity: WEIGHTY.has(key) ? 'high' : 'medium',
    actor: caller.actor,
    resourceType: 'system_settings',
    resourceId: key,
  } as const;
  const details = {
    ...difference(showSetting(key, before).value, after),

    ...(note !== undefined && { note }),
  };
  await recordAudit(db, keyRing.auditKey, { ...event, details }, transaction);
  return true;
};

import { isDeepStrictEqual } from 'node:util';
import type { Sequelize, Transaction } from 'sequelize';
import type { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import { DANGEROUS_PATTERNS } from '../../contracts/dangerous-patterns.ts';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { patternProblem } from '../../domain/pattern-problem.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { iso } from '../iso.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';

const KEY = 'dangerous_command_patterns';

type Row = Omit<DangerousPatterns, 'is_default'>;

const LIST = `
SELECT s.setting_value AS patterns, s.version, (SELECT username FROM users WHERE id = s.updated_by) AS updated_by, ${iso('s.updated_at')} AS updated_at
FROM system_settings s WHERE s.setting_key = $1`;

const readList = async (db: Sequelize, { lock = false, transaction }: { lock?: boolean; transaction?: Transaction } = {}): Promise<Row> => {
  const row = await selectRow<Row>(db, lock ? `${LIST} FOR UPDATE` : LIST, [KEY], transaction);
  if (row === undefined) throw new OpsError('NOT_FOUND', `The setting ${KEY} is not in the database. Migrate it: opsconductor db migrate.`);
  return row;
};

const shown = (row: Row): DangerousPatterns => ({ ...row, is_default: isDeepStrictEqual(row.patterns, DANGEROUS_PATTERNS) });

/** A setting counts its changes. */
export const dangerousPatternsRevision = ({ version }: Pick<DangerousPatterns, 'version'>): string => String(version);

/** The list of what is dangerous. @throws OpsError FORBIDDEN */
export const readDangerousPatterns = async ({ db }: ServiceDeps, caller: Caller): Promise<DangerousPatterns> => {
  authorize(caller, 'settings.write');
  return shown(await readList(db));
};

/** A pattern that is new must not take for ever on some text; those of this version have been looked at. @throws OpsError VALIDATION */
const checkPatterns = (patterns: readonly string[], before: readonly string[]): void => {
  const fields = patterns.flatMap((pattern, index) => {
    if (DANGEROUS_PATTERNS.includes(pattern) || before.includes(pattern)) return [];
    const message = patternProblem(pattern);
    return message === undefined ? [] : [{ path: `patterns.${index}`, message }];
  });
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The list is not changed: ${first.path}: ${first.message}.`, { fields: fields.slice(0, 20) });
};

/**
 * Replaces the list of what is dangerous; the audit keeps the list before and after. Jobs that are saved are not asked again.
 * @throws OpsError FORBIDDEN, VALIDATION, REVISION_MISMATCH; CONFLICT when somebody else has changed it meanwhile
 */
export const changeDangerousPatterns = async (
  { db, keyRing, readSettings }: ServiceDeps,
  caller: Caller,
  { patterns, version, note }: ChangeDangerousPatterns,
  expected?: Expected,
): Promise<DangerousPatterns> => {
  authorize(caller, 'settings.write');
  const row = await db.transaction(async (transaction) => {
    const before = await readList(db, { lock: true, transaction });
    assertRevision(expected, dangerousPatternsRevision(before), 'The list');
    if (version !== undefined && version !== before.version)
      throw new OpsError('CONFLICT', `${before.updated_by ?? 'Somebody'} has changed the list meanwhile. Read it again.`);
    const after = patterns ?? [...DANGEROUS_PATTERNS];
    checkPatterns(after, before.patterns);
    await execute(
      db,
      'UPDATE system_settings SET setting_value = $2::jsonb, version = version + 1, updated_by = $3 WHERE setting_key = $1',
      [KEY, JSON.stringify(after), caller.userId],
      transaction,
    );
    const event = {
      eventType: 'system_config_changed',
      action: 'change_dangerous_patterns',
      severity: 'high',
      actor: caller.actor,
      resourceType: 'system_settings',
      resourceId: KEY,
    } as const;
    const details = {
      added: after.filter((pattern) => !before.patterns.includes(pattern)),
      removed: before.patterns.filter((pattern) => !after.includes(pattern)),
      ...(note !== undefined && { note }),
    };
    await recordAudit(db, keyRing.auditKey, { ...event, details }, transaction);
    return readList(db, { transaction });
  });
  readSettings.forget?.();
  return shown(row);
};

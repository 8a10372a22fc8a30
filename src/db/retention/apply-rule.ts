import type { Sequelize } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { selectRow } from '../query.ts';
import { readSettingStrictly } from '../settings.ts';
import { deleteRows, deleteTrees } from './delete-rows.ts';
import type { BetweenBatches, Removed } from './delete-rows.ts';
import { dropPartitions } from './drop-partitions.ts';
import type { NoteDrop } from './drop-partitions.ts';
import type { RetentionRule } from './rule.ts';
import { RETENTION_RULES } from './rules.ts';

/** Writes down which rows a rule removed for good, by table, and before which time they were old. */
export type NoteRemoved = (rule: string, before: Date, removed: Removed) => Promise<void>;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

const unitOf = (setting: string): number => {
  if (setting.endsWith('_seconds')) return SECOND_MS;
  return setting.endsWith('_minutes') ? MINUTE_MS : DAY_MS;
};

/** The database's clock, which also stamps most rows. */
const databaseNow = async (db: Sequelize): Promise<Date> => {
  const row = await selectRow<{ now: Date }>(db, 'SELECT now() AS now');
  if (row === undefined) throw new OpsError('INTERNAL', 'The database did not tell the time.');
  return row.now;
};

/** The time before which rows are old; undefined when they are kept for ever. */
const cutoffOf = async (db: Sequelize, { setting, zeroKeeps }: RetentionRule, now: Date): Promise<Date | undefined> => {
  if (setting === undefined) return now;
  const age = await readSettingStrictly(db, setting);
  if (age === 0 && zeroKeeps) return undefined;
  return new Date(now.getTime() - age * unitOf(setting));
};

/** The names of all rules, in the order in which they are to be applied. */
export const retentionRuleNames = (): string[] => RETENTION_RULES.map(({ name }) => name);

/**
 * Applies one rule with its setting as it is stored now. Safe to repeat, and to break off between two batches.
 * @param now for tests; the database's clock otherwise.
 * @param noteDrop is told of each month that goes.
 * @param noteRemoved is told once of the rows that went, also when it was broken off; of none it is not told.
 * @returns rows by table, or how many partitions.
 * @throws OpsError NOT_FOUND for a name that is no rule; VALIDATION when the setting has a value that is not allowed.
 */
export const applyRetentionRule = async (
  db: Sequelize,
  name: string,
  betweenBatches: BetweenBatches = () => {},
  now?: Date,
  noteDrop: NoteDrop = async () => {},
  noteRemoved: NoteRemoved = async () => {},
): Promise<Removed> => {
  const rule = RETENTION_RULES.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new OpsError('NOT_FOUND', `There is no retention rule ${name} in this version of OpsConductor.`);
  const cutoff = await cutoffOf(db, rule, now ?? (await databaseNow(db)));
  if (cutoff === undefined) return {};
  if (rule.kind === 'partitions') return dropPartitions(db, rule, cutoff, betweenBatches, noteDrop);
  const removed: Removed = {};
  const note = async (): Promise<void> => {
    if (isRemoval(rule) && Object.values(removed).some((rows) => rows > 0)) await noteRemoved(rule.name, cutoff, removed);
  };
  const remove =
    rule.kind === 'rows' ? deleteRows(db, rule, cutoff, betweenBatches, removed) : deleteTrees(db, rule, cutoff, betweenBatches, removed);
  await remove.catch(async (error: unknown) => {
    // Why it broke off counts more than that this could not be written either.
    await note().catch(() => undefined);
    throw error;
  });
  await note();
  return removed;
};

/** Sessions are ended, and stay. */
const isRemoval = (rule: RetentionRule): boolean => rule.kind !== 'rows' || rule.set === undefined;

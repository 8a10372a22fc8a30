import type { Transaction } from 'sequelize';
import type { SealedSecret } from '../../../contracts/data-document.ts';
import type { ScheduleDefinition, UpdateSchedule } from '../../../contracts/schedule.ts';
import { selectRow } from '../../../db/query.ts';
import { KEPT_SECRET } from '../../schedules/code/resolve-set.ts';
import { canonicalDefinition, hashOf, openScheduleVariables, secretsOf } from '../../schedules/definition.ts';
import { findJob, resolveInput } from '../../schedules/resolve-input.ts';
import type { ScheduledJob } from '../../schedules/resolve-input.ts';
import type { ScheduleRow } from '../../schedules/schedule-row.ts';
import { openJson } from '../passphrase.ts';
import type { ImportContext } from './kind.ts';

type Variables = ScheduleDefinition['variables'];

interface Given {
  definition: ScheduleDefinition;
  sealed: Readonly<Record<string, SealedSecret>>;
  before: ScheduleRow | undefined;
  job: ScheduledJob;
}

/** The values of a schedule as its document gives them: sealed ones opened, those that only are said to be there as they are stored. */
export const readVariables = (
  { deps, open }: ImportContext,
  { definition, sealed, before, job }: Given,
): { variables: Variables; unsaid: string[] } => {
  const secrets = secretsOf(job.variables);
  const types = new Map(job.variables.map(({ key, type }) => [key, type]));
  const stored =
    before === undefined ? {} : openScheduleVariables(deps.keyRing, before.schedule_uuid, before.schedule_config, job.variables);
  const variables: Variables = {};
  const unsaid: string[] = [];
  for (const [key, value] of Object.entries(definition.variables)) {
    if (!secrets.has(key) || value !== KEPT_SECRET) variables[key] = value;
    else if (open !== undefined && sealed[key] !== undefined)
      variables[key] = types.get(key) === 'string' ? open(sealed[key]) : (openJson(open, sealed[key]) as Variables[string]);
    else if (stored[key] === undefined) unsaid.push(key);
    else variables[key] = stored[key] as Variables[string];
  }
  return { variables, unsaid };
};

/** Does the row say all of this already? @throws OpsError VALIDATION, as a change would */
export const isSameSchedule = async (
  { db, keyRing }: ImportContext['deps'],
  row: ScheduleRow,
  input: UpdateSchedule,
  transaction: Transaction,
): Promise<boolean> => {
  const job = await findJob(db, row.job_serial, transaction);
  const { definition, fields } = await resolveInput(db, job, input, transaction);
  const stored = await selectRow<{ description: string | null }>(
    db,
    'SELECT description FROM job_schedules WHERE id = $1',
    [row.id],
    transaction,
  );
  return (
    fields.length === 0 &&
    stored?.description === input.description &&
    hashOf(canonicalDefinition(keyRing, definition)) === row.definition_hash
  );
};

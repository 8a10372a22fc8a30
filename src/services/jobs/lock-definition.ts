import type { Sequelize, Transaction } from 'sequelize';
import { JobModel } from '../../db/models/jobs/jobs.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Expected } from '../revision.ts';
import { titleOf } from './job-kind.ts';
import type { Kind } from './job-kind.ts';
import { assertJobRevision } from './job-revision.ts';

/**
 * The row of a job or template that is to be changed, locked until the transaction ends.
 * @throws OpsError NOT_FOUND, CONFLICT for one that a deploy manages, REVISION_MISMATCH
 */
export const lockDefinition = async (
  db: Sequelize,
  { kind, serial }: { kind: Kind; serial: string },
  expected: Expected,
  transaction: Transaction,
): Promise<InstanceType<typeof JobModel>> => {
  const where = { jobSerial: serial, deletedAt: null, isTemplate: kind === 'template' };
  const row = await JobModel.findOne({ where, transaction, lock: true });
  if (row === null) throw new OpsError('NOT_FOUND', `There is no ${kind} ${serial}.`);
  if (row.definitionSource === 'code')
    throw new OpsError(
      'CONFLICT',
      `${titleOf(kind)} ${serial} is managed by a deploy (definition_source code). Change it where it is written, or clone it.`,
    );
  await assertJobRevision({ db }, { kind, serial }, expected, transaction);
  return row;
};

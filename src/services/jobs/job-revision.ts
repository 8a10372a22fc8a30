import type { Transaction } from 'sequelize';
import type { ServiceDeps } from '../context.ts';
import { assertRevision, revisionOf } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { titleOf } from './job-kind.ts';
import type { Kind } from './job-kind.ts';
import { WHOLE_LIST, readJob } from './read-jobs.ts';
import type { ReadJob } from './read-jobs.ts';

/** Names what people can change of a job: its version, and the targets, which no version holds. Its state and its times move with its runs. */
export const jobRevision = (job: ReadJob): string => {
  const { definition_version, name, description, priority, timeout_seconds, retry_count, variables, settings, target_selector, actions } =
    job;
  const head = { definition_version, name, description, priority, timeout_seconds, retry_count, variables, settings, target_selector };
  const definition = { ...head, actions };
  return revisionOf({
    ...definition,
    target_count: job.target_count,
    targets: job.targets,
    ...(job[WHOLE_LIST] !== undefined && { list: job[WHOLE_LIST] }),
  });
};

/** Reads only when the caller expects something. Its row is locked. @throws OpsError REVISION_MISMATCH */
export const assertJobRevision = async (
  { db }: Pick<ServiceDeps, 'db'>,
  { kind, serial }: { kind: Kind; serial: string },
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  if (expected === undefined) return;
  const job = await readJob(db, serial, { kind }, transaction);
  assertRevision(expected, jobRevision(job), `${titleOf(kind)} ${serial}`);
};

import { Option } from 'commander';
import type { Command } from 'commander';
import { ExecutionStatus, ExecutionTrigger, FailureCategory } from '../../contracts/enums.ts';
import { parseCount } from '../command-options.ts';
import { parseTime } from '../parse-time.ts';
import type { ListExecutionsOptions } from '../../client/index.ts';

/** Which runs are listed or counted. */
export interface RunFilters {
  status?: ExecutionStatus;
  job?: string;
  jobVersion?: number;
  tag?: string;
  search?: string;
  trigger?: ExecutionTrigger;
  by?: string;
  target?: string;
  category?: FailureCategory;
  failed?: boolean;
  retryOf?: string;
  since?: string;
  until?: string;
}

/** Adds the options of RunFilters. */
export const addRunFilters = (command: Command): Command =>
  command
    .addOption(new Option('--status <status>', 'only runs in this state').choices(ExecutionStatus.options))
    .option('--job <serial>', 'only runs of this job')
    .addOption(new Option('--job-version <n>', 'only runs of this version of the job').argParser(parseCount))
    .option('--tag <tag>', 'only runs of jobs with this tag')
    .option('--search <text>', 'only runs of jobs with this in their name')
    .addOption(new Option('--trigger <trigger>', 'only runs that were begun so').choices(ExecutionTrigger.options))
    .option('--by <user>', 'only runs that this user has started')
    .option('--target <serial>', 'only runs on this target')
    .addOption(new Option('--category <category>', 'only runs that failed so').choices(FailureCategory.options))
    .option('--failed', 'only runs with a target that failed, also while they go on')
    .option('--retry-of <serial>', 'only runs that repeat this one')
    .addOption(new Option('--since <time>', 'only runs made from then on: 2025-03-01T09:00, 30m, 2h, 3d').argParser(parseTime))
    .addOption(new Option('--until <time>', 'only runs made until then').argParser(parseTime));

export const runQuery = (filters: RunFilters): Omit<ListExecutionsOptions, 'fields'> => ({
  status: filters.status,
  job: filters.job,
  version: filters.jobVersion,
  tag: filters.tag,
  search: filters.search,
  trigger: filters.trigger,
  triggered_by: filters.by,
  target: filters.target,
  failure_category: filters.category,
  has_failed: filters.failed === true ? 'true' : undefined,
  retry_of: filters.retryOf,
  created_from: filters.since,
  created_to: filters.until,
});

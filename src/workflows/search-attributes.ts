import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import type { ExecutionTrigger } from '../contracts/enums.ts';
import type { BranchInput } from '../contracts/run.ts';
import { parentSerial } from '../domain/serials.ts';

const OPS_JOB_ID = defineSearchAttributeKey('OpsJobId', 'KEYWORD');
const OPS_EXECUTION_ID = defineSearchAttributeKey('OpsExecutionId', 'KEYWORD');
const OPS_TARGET_ID = defineSearchAttributeKey('OpsTargetId', 'KEYWORD');
const OPS_ENV = defineSearchAttributeKey('OpsEnv', 'KEYWORD');
const OPS_TRIGGER = defineSearchAttributeKey('OpsTrigger', 'KEYWORD');

/** By which the Temporal UI finds the workflows of a run: children inherit none, so each gets its own. */
export const ofShard = (execution: string): SearchAttributePair[] => [
  { key: OPS_JOB_ID, value: parentSerial(execution) ?? execution },
  { key: OPS_EXECUTION_ID, value: execution },
];

export const ofRun = (execution: string, trigger: ExecutionTrigger): SearchAttributePair[] => [
  ...ofShard(execution),
  { key: OPS_TRIGGER, value: trigger },
];

/** Of the workflow that starts the run of a firing. */
export const ofScheduledRun = (jobSerial: string): SearchAttributePair[] => [
  { key: OPS_JOB_ID, value: jobSerial },
  { key: OPS_TRIGGER, value: 'schedule' },
];

export const ofBranch = ({ jobSerial, execution, target, environment }: BranchInput): SearchAttributePair[] => [
  { key: OPS_JOB_ID, value: jobSerial },
  { key: OPS_EXECUTION_ID, value: execution },
  { key: OPS_TARGET_ID, value: target },
  { key: OPS_ENV, value: environment },
];

import { bigint, boolean, identity, integer, jsonArray, jsonObject, oneOf, smallint, timestamptz, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import {
  JobActionsActionConfig,
  JobActionsActionParameters,
  JobActionsConditions,
  JobActionsDependencies,
} from '../../../contracts/json/jobs.ts';
import { ActionSlot, ActionType, OnFailure } from '../../../contracts/enums.ts';

export const JobActionModel = defineTable(
  'job_actions',
  'Ordered actions of one version of a job.',
  {
    id: identity('Primary key.'),
    job_id: bigint('Owner.'),
    definition_version: integer('Version to which the row belongs.', { default: '1' }),
    action_order: integer('Position, from 1, over all actions of the version.'),
    action_key: varchar(100, 'Stable name used by dependencies and variables.'),
    parent_action_id: bigint('Enclosing condition or parallel action; of a `rollback` row the action that it undoes.', { null: true }),
    parent_slot: oneOf(ActionSlot, 'Place inside the parent; `rollback` rows run only for on_failure=rollback.', { null: true }),
    action_type: oneOf(ActionType, 'Kind.'),
    action_name: varchar(255, 'Display name.'),
    action_parameters: jsonObject(
      JobActionsActionParameters,
      'Input by type (command, scriptType/scriptContent/arguments, method/url/headers/body/expectedStatusCodes, query/queryType, operation/source/destination, to/subject/body, expression/maxIterations, maxConcurrency/waitForAll, seconds or until, approvers/timeoutSeconds/onTimeout).',
      { default: "'{}'::jsonb" },
    ),
    action_config: jsonObject(
      JobActionsActionConfig,
      'Options: working_directory, environment, expected_exit_codes (default [0]), capture_output, keep_full_output, run_as, delivery at_most_once (default) / at_least_once.',
      { default: "'{}'::jsonb" },
    ),
    conditions: jsonArray(JobActionsConditions, 'All must hold: {variable, operator ==,!=,>,<,contains,matches, value}.', {
      default: "'[]'::jsonb",
    }),
    dependencies: jsonArray(JobActionsDependencies, '{action_key, status success/failure/completed/skipped}.', { default: "'[]'::jsonb" }),
    is_enabled: boolean('False = always skipped.', { default: 'true' }),
    timeout_seconds: integer('Limit of one attempt; filled from setting `command_timeout_seconds` when omitted.', { default: '300' }),
    retry_count: smallint('0–10; null = jobs.retry_count.', { null: true }),
    retry_delay_seconds: integer(
      'First delay, 1–300; filled from jobs.settings when omitted; times setting `retry_backoff_coefficient` per attempt.',
      { default: '5' },
    ),
    on_failure: oneOf(OnFailure, 'What a failed action does to the branch (upstream continueOnError = `continue`).', { default: 'stop' }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['job_id', 'definition_version', 'action_order'] }, { columns: ['job_id', 'definition_version', 'action_key'] }],
    foreignKeys: [references('job_id', 'jobs', 'CASCADE'), references('parent_action_id', 'job_actions', 'CASCADE')],
    indexes: [{ keys: 'parent_action_id', where: '(parent_action_id IS NOT NULL)', why: 'FK' }],
    checks: {
      parent: '((parent_action_id IS NULL) = (parent_slot IS NULL))',
      action_order: '(action_order >= 1)',
      retry_count: '((retry_count >= 0) AND (retry_count <= 10))',
      timeout_seconds: '(timeout_seconds > 0)',
      retry_delay_seconds: '((retry_delay_seconds >= 1) AND (retry_delay_seconds <= 300))',
    },
  },
);

import { expect, test } from 'vitest';
import * as exported from '../../src/contracts/enums.ts';

const { ENUMS } = exported;

const NAMES = [
  'user_role',
  'session_end_reason',
  'target_type',
  'target_environment',
  'target_status',
  'health_status',
  'communication_method_type',
  'credential_type',
  'encryption_algorithm',
  'test_result',
  'job_type',
  'job_status',
  'execution_status',
  'action_result_status',
  'action_type',
  'action_slot',
  'on_failure',
  'execution_trigger',
  'failure_category',
  'action_skip_reason',
  'action_resolution',
  'hold_reason',
  'output_stream',
  'artifact_type',
  'closed_by',
  'log_phase',
  'log_level',
  'log_category',
  'schedule_type',
  'recurring_type',
  'schedule_status',
  'overlap_policy',
  'definition_source',
  'sync_status',
  'schedule_execution_status',
  'firing_type',
  'skip_reason',
  'blackout_effect',
  'metric_type',
  'aggregation_period',
  'alert_condition',
  'alert_severity',
  'alert_status',
  'alert_type',
  'evaluation_mode',
  'notification_type',
  'notification_status',
  'report_type',
  'report_format',
  'report_time_range',
  'report_status',
  'report_trigger',
  'discovery_status',
  'device_status',
  'usage_context',
  'task_kind',
  'task_status',
  'idempotency_state',
  'actor_type',
  'audit_event_type',
];

test('the data model has these 60 enums', () => {
  expect(Object.keys(ENUMS)).toEqual(NAMES);
  expect(NAMES).toHaveLength(60);
});

test('each enum is exported by its name in PascalCase, and nothing else is', () => {
  const pascalCase = (name: string): string => name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const { ENUMS: _, ...enums } = exported;
  expect(enums).toEqual(Object.fromEntries(Object.entries(ENUMS).map(([name, schema]) => [pascalCase(name), schema])));
});

test.each(Object.entries(ENUMS))('%s has distinct values in lower case', (_, { options }) => {
  expect(new Set(options).size).toBe(options.length);
  expect(options.filter((value) => !/^[a-z][a-z0-9_-]*$/.test(value))).toEqual([]);
});

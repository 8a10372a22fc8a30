import { describe, expect, test } from 'vitest';
import { PermissionName } from '../../src/contracts/json/identity.ts';
import { JSON_COLUMNS } from '../support/json-columns.ts';
import { PERMISSIONS } from '../../src/domain/permissions.ts';

const UUID = '6b1c1a3e-0d3f-4d4b-9d52-3c1a7e9f0a11';
const SEALED = { alg: 'aes-256-gcm', key_id: 'k1', nonce: 'AAAAAAAAAAAAAAAA', ct: 'AAAAAAAAAAAAAAAAAAAAAA==' };
const VARIABLE = { key: 'A', type: 'string', is_secret: false, is_required: false };
const MONTHLY = { schedule_type: 'recurring', recurring_type: 'monthly', time_of_day: '03:30' };
const DEFINITION = { name: 'a', description: null, priority: 5, timeout_seconds: null, retry_count: 0, variables: [], settings: {} };
const LATE = { status: 'failed', exitCode: 3, failureCategory: 'lost', errorCode: null, output_bytes: 0, at: '2025-01-01T00:00:00.000Z' };
const DEVICE = { device_type: 'linux', reasons: ['port 22'] };

const schemaOf = (column: string) => {
  const known = JSON_COLUMNS[column];
  if (known === undefined) throw new Error(`there is no column ${column}`);
  return known.schema;
};

/** Paths of what is wrong. */
const wrongPaths = (column: string, value: unknown): string[] =>
  schemaOf(column)
    .safeParse(value)
    .error?.issues.map(({ path }) => path.join('.')) ?? [];

test('the names of permissions are those that the roles are made of', () => {
  expect(PermissionName.options.toSorted()).toEqual([...PERMISSIONS].toSorted());
});

test.each(Object.entries(JSON_COLUMNS))('%s takes no value of another form', (_, { schema, form }) => {
  const empty = { object: {}, array: [] };
  if (form !== 'object') expect(schema.safeParse(empty.object).success).toBe(form === 'any');
  if (form !== 'array') expect(schema.safeParse(empty.array).success).toBe(form === 'any');
  expect(schema.safeParse('text').success).toBe(form === 'any');
  expect(schema.safeParse(undefined).success).toBe(false);
});

describe('what belongs into a column passes', () => {
  test.each<[string, unknown]>([
    ['users.permissions', ['data.export', 'audit.read']],
    ['universal_targets.labels', { team: 'web', 'example.org/tier': '' }],
    ['target_communication_methods.config', { timeout: 30, ssl_mode: 'verify-full', database: 'postgres' }],
    ['target_communication_methods.config', { database: 15, ssl: true }],
    ['jobs.variables', [{ ...VARIABLE, value: 'x', is_input: true, choices: ['x', 'y'], pattern: '^x' }]],
    [
      'jobs.variables',
      [
        { ...VARIABLE, is_secret: true, sealed: SEALED },
        { ...VARIABLE, key: 'B', type: 'json', value: { a: [1] } },
      ],
    ],
    [
      'jobs.settings',
      { execution_mode: 'batch', rollout: { batches: [{ count: 1 }, { percent: 50 }] }, calendars: ['freeze'], log_level: 'debug' },
    ],
    ['job_actions.action_parameters', { command: 'true', anything: { else: null } }],
    ['job_actions.action_config', { expected_exit_codes: [0, 3], delivery: 'at_least_once', environment: { A: 'b' } }],
    ['job_actions.conditions', [{ variable: 'EXECUTION_TIME', operator: 'matches', value: '^09' }]],
    ['job_actions.dependencies', [{ action_key: 'backup', status: 'failure' }]],
    ['job_executions.variables', { TOKEN: SEALED, COUNT: 3 }],
    ['job_executions.target_selection', { target_uuids: [UUID] }],
    ['job_executions.target_selection', { selector: 'env=production,team!=web' }],
    ['job_executions.target_selection', { selector: 'a=b', target_uuids: [] }],
    [
      'job_executions.rollout',
      { stop_after_failures: { percent: 10 }, between_batches: { approvers: [{ type: 'role', value: 'admin' }] } },
    ],
    ['job_action_results.late_result', LATE],
    ['job_execution_logs.log_details', { action_serial: 'J20250001.0001.0001.0001', iteration: 2, attempt: 1, continues: true, other: 1 }],
    ['job_versions.definition', { ...DEFINITION, target_selector: 'env=testing' }],
    ['job_schedules.days_of_week', [1, 7]],
    [
      'job_schedules.additional_rules',
      [
        { ...MONTHLY, day_of_month: -1 },
        { ...MONTHLY, week_of_month: 2, days_of_week: [2] },
      ],
    ],
    ['job_schedules.additional_rules', [{ schedule_type: 'cron', cron_expression: '*/20 8-17 1,15 JUL WED' }]],
    ['job_schedules.additional_rules', [{ schedule_type: 'once', execute_at: '2025-12-24T18:00:00+01:00' }]],
    [
      'job_schedules.schedule_config',
      { target_selector: 'os=linux', variables: { TOKEN: SEALED }, calendars: ['freeze'], labels: { a: 'b' } },
    ],
    ['job_schedules.temporal_counters', { taken: 3, described_at: '2025-01-01T00:00:00.000Z', paused: false }],
    ['calendars.windows', [{ kind: 'blackout', summary: 'nights', weekly: { days: [1, 2], from: '22:00', to: '06:00' } }]],
    ['calendars.windows', [{ kind: 'allowed', dates: { from: '2025-12-24', to: '2025-12-26T12:00' } }]],
    ['calendars.windows', [{ kind: 'blackout', ical: { dtstart: '20251224T180000', duration: 'PT8H', rrule: 'FREQ=WEEKLY;BYDAY=SA' } }]],
    ['discovery_jobs.network_ranges', ['10.0.0.0/24', 'fd00::/120']],
    [
      'discovery_templates.port_ranges',
      [
        [1, 1024],
        [8080, 8080],
      ],
    ],
    ['discovered_devices.services', { 22: { service: 'ssh', banner: 'SSH-2.0-OpenSSH_9.2', version: '9.2' } }],
    [
      'discovered_devices.classification',
      [
        { ...DEVICE, score: 0.7 },
        { ...DEVICE, score: 0.3 },
      ],
    ],
    ['device_type_templates.template_config', { label: 'My switch', communication_methods: ['ssh'], tags: ['lab'] }],
    [
      'notification_templates.template_config',
      { content_type: 'text/html; charset=utf-8', method: 'POST', headers: { 'X-Kind': 'alert' } },
    ],
    ['alert_rules.condition_config', { min_severity: 'high', environments: ['production'] }],
    [
      'alert_rules.recipients',
      [
        { type: 'role', value: 'operator' },
        { type: 'user', value: 'ann' },
        { type: 'address', value: 'a@example.org' },
      ],
    ],
    ['alert_rules.notification_channels', ['email', { type: 'slack', target: 'T20250001' }]],
    ['performance_metrics.metric_data', { duration_histogram: { '0.5': 3, inf: 1 }, failure_categories: { lost: 1 } }],
    ['report_templates.data_sources', { trends: true, kpis: { days: 30 } }],
    ['worker_metrics_snapshots.queue_lengths', { 'opsconductor-exec': { backlog_count: 3, backlog_age_seconds: 0.5 } }],
    ['system_settings.setting_value', null],
    ['idempotency_keys.response_body', { items: [1, 'a', null] }],
  ])('%s', (column, value) => {
    expect(wrongPaths(column, value)).toEqual([]);
  });
});

describe('what does not belong into a column is refused, and its place named', () => {
  test.each<[string, unknown, string]>([
    ['users.permissions', ['targets.read', 'targets.raed'], '1'],
    ['api_tokens.scopes', ['*'], '0'],
    ['universal_targets.labels', { Team: 'web' }, 'Team'],
    ['universal_targets.labels', { team: 1 }, 'team'],
    ['target_communication_methods.config', { host: 'a' }, ''],
    ['target_communication_methods.config', { password: 'a' }, ''],
    ['target_communication_methods.config', { ssl_mode: 'on' }, ''],
    ['target_communication_methods.config', { timeout: 0 }, ''],
    ['target_communication_methods.config', { database: 16 }, ''],
    ['jobs.variables', [{ ...VARIABLE, key: 'lower' }], '0.key'],
    ['jobs.variables', [VARIABLE, VARIABLE], '1.key'],
    ['jobs.variables', [{ ...VARIABLE, type: 'number', value: '3' }], '0.value'],
    ['jobs.variables', [{ ...VARIABLE, is_secret: true, value: 'in clear' }], '0.value'],
    ['jobs.variables', [{ ...VARIABLE, sealed: SEALED }], '0.sealed'],
    ['jobs.variables', [{ ...VARIABLE, is_secret: true, sealed: { ...SEALED, alg: 'none' } }], '0.sealed.alg'],
    ['jobs.variables', [{ ...VARIABLE, is_secret: true, sealed: { ...SEALED, nonce: 'AAAA' } }], '0.sealed.nonce'],
    ['jobs.variables', [{ ...VARIABLE, pattern: '(' }], '0.pattern'],
    ['jobs.variables', [{ ...VARIABLE, type: 'number', min: 2, max: 1 }], '0.max'],
    ['jobs.settings', { max_concurrent_targets: 201 }, 'max_concurrent_targets'],
    ['jobs.settings', { rollout: { batches: [{ count: 1, percent: 1 }] } }, 'rollout.batches.0'],
    ['jobs.settings', { calendars: ['a', 'a'] }, 'calendars.1'],
    ['job_actions.action_config', { delivery: 'exactly_once' }, 'delivery'],
    ['job_actions.action_config', { expected_exit_codes: [4_294_967_296] }, 'expected_exit_codes.0'],
    ['job_actions.conditions', [{ variable: 'A', operator: '=', value: 1 }], '0.operator'],
    ['job_actions.dependencies', [{ action_key: 'a', status: 'soon' }], '0.status'],
    ['job_executions.variables', { a: 1 }, 'a'],
    ['job_executions.target_selection', { selector: 'a=' }, 'selector'],
    ['job_executions.target_selection', { target_uuids: ['T20250001'] }, 'target_uuids.0'],
    ['job_executions.rollout', { stop_after_failures: { percent: 101 } }, 'stop_after_failures.percent'],
    ['job_action_results.late_result', { ...LATE, failureCategory: 'unknown' }, 'failureCategory'],
    ['job_execution_logs.log_details', { attempt: 0 }, 'attempt'],
    ['job_execution_logs.log_details', { iteration: 0 }, 'iteration'],
    ['job_versions.definition', { ...DEFINITION, name: undefined }, 'name'],
    ['job_versions.definition', { ...DEFINITION, priority: 11 }, 'priority'],
    ['job_schedules.days_of_week', [0], '0'],
    ['job_schedules.days_of_week', [1, 1], '1'],
    ['job_schedules.additional_rules', [{ schedule_type: 'cron', cron_expression: '0 3 * *' }], '0.cron_expression'],
    ['job_schedules.additional_rules', [{ schedule_type: 'cron', cron_expression: '0 3 * * 2#2' }], '0.cron_expression'],
    ['job_schedules.additional_rules', [{ schedule_type: 'cron', cron_expression: '0 3 L * *' }], '0.cron_expression'],
    ['job_schedules.additional_rules', [{ schedule_type: 'cron', cron_expression: '0 3 15W * *' }], '0.cron_expression'],
    ['job_schedules.additional_rules', [{ ...MONTHLY, day_of_month: 0 }], '0.day_of_month'],
    ['job_schedules.additional_rules', [MONTHLY], '0.day_of_month'],
    ['job_schedules.additional_rules', [{ ...MONTHLY, week_of_month: 1 }], '0.days_of_week'],
    ['job_schedules.additional_rules', [{ ...MONTHLY, recurring_type: 'weekly' }], '0.days_of_week'],
    ['job_schedules.additional_rules', [{ schedule_type: 'recurring', recurring_type: 'daily' }], '0.time_of_day'],
    ['job_schedules.additional_rules', [{ schedule_type: 'recurring', recurring_type: 'hours', interval_count: 169 }], '0.interval_count'],
    ['job_schedules.schedule_config', { target_uuids: [UUID], target_selector: 'a=b' }, ''],
    ['job_schedules.temporal_counters', { taken: -1 }, 'taken'],
    ['schedule_executions.execution_context', { variables: [] }, 'variables'],
    ['calendars.windows', [{ kind: 'blackout' }], '0'],
    ['calendars.windows', [{ kind: 'blackout', weekly: { days: [], from: '22:00', to: '24:00' } }], '0.weekly.days'],
    ['calendars.windows', [{ kind: 'blackout', dates: { from: '2025-12-26', to: '2025-12-24' } }], '0.dates.to'],
    ['discovery_jobs.network_ranges', [], ''],
    ['discovery_jobs.network_ranges', ['10.0.0.1'], '0'],
    ['discovery_templates.port_ranges', [[80, 22]], '0'],
    ['discovery_templates.common_ports', [65_536], '0'],
    ['discovery_jobs.snmp_communities_sealed', ['public'], ''],
    ['discovered_devices.services', { ssh: { service: 'ssh' } }, 'ssh'],
    ['discovered_devices.snmp_info', { sysDescr: 'x', community: 'public' }, ''],
    [
      'discovered_devices.classification',
      [
        { ...DEVICE, score: 0.3 },
        { ...DEVICE, score: 0.7 },
      ],
      '',
    ],
    ['discovered_devices.suggested_communication_methods', ['http'], '0'],
    ['device_types.discovery_oids', ['sysDescr.0'], '0'],
    ['device_types.communication_methods', ['ssh', 'ssh'], '1'],
    ['device_type_templates.template_config', { value: 'mine' }, ''],
    ['notification_templates.variables', ['job-name'], '0'],
    ['notification_templates.template_config', { headers: { Authorization: 'Bearer x' } }, 'headers.Authorization'],
    ['alert_rules.condition_config', { min_severity: 'error' }, 'min_severity'],
    ['alert_rules.recipients', [{ type: 'role', value: 'manager' }], '0.value'],
    ['alert_rules.recipients', [{ type: 'team', value: 'a' }], '0.type'],
    ['alert_rules.notification_channels', ['teams'], '0'],
    ['analytics_alert_rules.recipients', ['admin'], '0'],
    ['performance_metrics.metric_data', { failure_categories: { broken: 1 } }, 'failure_categories'],
    ['report_templates.data_sources', { trends: false }, 'trends'],
    ['worker_metrics_snapshots.memory_usage', { rss: 0.5 }, 'rss'],
    ['worker_metrics_snapshots.system_load', { load2: 1 }, ''],
    ['audit_events.details', [], ''],
    ['workflow_task_history.input', new Date(0), ''],
  ])('%s %j', (column, value, path) => {
    expect(wrongPaths(column, value)).toEqual([path]);
  });
});

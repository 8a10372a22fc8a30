import type { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import type { DatabaseHealth } from '../../contracts/database-health.ts';
import type { SystemInfo } from '../../contracts/system-info.ts';

export const DANGEROUS_PATTERNS: DangerousPatterns = {
  patterns: [String.raw`\brm\s+-rf\s+/`],
  is_default: false,
  version: 3,
  updated_by: 'admin',
  updated_at: '2025-03-01T08:00:00.000Z',
};

export const CHANGE_DANGEROUS_PATTERNS: ChangeDangerousPatterns = {
  patterns: [String.raw`\brm\s+-rf\s+/`, String.raw`\bmkfs\b`],
  note: 'No new file systems unasked',
};

export const DATABASE_HEALTH: DatabaseHealth = {
  server: '17.5',
  database: 'opsconductor',
  size_bytes: 48_000_000,
  statistics_since: '2025-01-01T00:00:00.000Z',
  findings: [
    {
      kind: 'connections',
      severity: 'warning',
      object: 'max_connections',
      sentence: '85 of 100 connections are in use.',
      suggestion: 'Raise max_connections, or give the pools fewer connections.',
      facts: { used: 85, max: 100 },
    },
  ],
  slowest_statements: [],
  tables: [],
  connections: { max: 100, reserved: 3, used: 85, by_application: [] },
};

export const SYSTEM_INFO: SystemInfo = {
  version: '0.1.0',
  node_version: '24.4.0',
  host: 'ops-1',
  started_at: '2025-03-01T08:00:00.000Z',
  uptime_seconds: 86_400,
  database: {
    version: '17.5',
    name: 'opsconductor',
    migration: '0001-schema.sql',
    migrated_at: '2025-03-01T07:59:00.000Z',
    migrated_by: '0.1.0',
  },
  temporal: { address: 'temporal.example.org:7233', namespace: 'default', task_queue: 'ops' },
  counts: { targets: 1_200, jobs: 40, templates: 5, schedules: 30, users: 12, runs_scheduled: 2, runs_running: 7, runs_held: 1 },
};

import type { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import type { DatabaseHealth } from '../../contracts/database-health.ts';

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

import type { PatternCheck, SerialCounts, SerialMatch } from '../../contracts/serial.ts';

export const SERIAL_MATCH: SerialMatch = {
  level: 'branch',
  serial: 'J20250001.0001.0001',
  name: 'web1',
  status: 'completed',
  execution_serial: 'J20250001.0001',
  path: '/api/v1/branches/J20250001.0001.0001',
};

export const PATTERN_CHECK: PatternCheck = {
  is_valid: false,
  level: null,
  pattern: null,
  problem: 'must begin with the serial of a job or a target, such as J20250001, or with its beginning and a *, such as J2025*',
  suggestions: ['J2025*'],
};

export const SERIAL_COUNTS: SerialCounts = {
  level: 'branch',
  pattern: 'J2025*.0001.*',
  total: 120,
  by_status: { completed: 117, failed: 3 },
  jobs: 4,
  executions: 4,
  branches: 120,
  targets: 30,
  is_capped: false,
};

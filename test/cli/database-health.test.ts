import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { healthText } from '../../src/cli/commands/db/health-text.ts';
import { createPaint } from '../../src/cli/terminal/paint.ts';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { wrapText } from '../../src/cli/terminal/wrap-text.ts';
import { DatabaseHealth } from '../../src/contracts/database-health.ts';
import type { DatabaseFinding } from '../../src/contracts/database-health.ts';
import { execute } from '../../src/db/query.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { startCli } from '../support/cli-process.ts';

const finding: DatabaseFinding = {
  kind: 'unused_index',
  severity: 'info',
  object: 'i',
  sentence:
    'No query has used i on t since 2026-01-01, while the table was scanned 12,345 times. It takes 3.0 MiB, and every write pays for it.',
  suggestion: 'Drop it, unless it was made only recently.',
  statement: 'DROP INDEX CONCURRENTLY i_with_a_name_that_is_much_too_long_for_any_reasonable_terminal_to_show;',
  facts: {},
};

const health: DatabaseHealth = {
  server: '18.1',
  database: 'ops',
  size_bytes: 5_368_709_120,
  statistics_since: '2026-01-01T00:00:00.000Z',
  findings: [],
  slowest_statements: [
    { text: `SELECT ${'column, '.repeat(40)}1 FROM t`, calls: 1_234_567, mean_ms: 1.5, total_ms: 1_851_850, rows: 10, share: 0.42 },
  ],
  tables: [
    {
      table: 'job_execution_logs',
      size_bytes: 4_294_967_296,
      index_bytes: 1_073_741_824,
      live_rows: 12_345_678,
      dead_rows: 0,
      sequential_scans: 3,
      sequential_rows: 9,
      index_scans: 4_711,
      last_vacuum: '2026-01-31T01:02:03.000Z',
      last_analyze: null,
    },
  ],
  connections: { max: 103, reserved: 3, used: 7, by_application: [] },
};

const linesOf = (fields: Partial<DatabaseHealth> = {}, width?: number): string[] =>
  healthText({ ...health, ...fields }, { width, paint: createPaint(false) }).split('\n');

test('a healthy database is told in a sentence, with its tables and statements', () => {
  const lines = linesOf();
  expect(lines[0]).toBe('PostgreSQL 18.1, database ops: 5.0 GiB, statistics since 2026-01-01, 7 of 100 connections taken.');
  expect(lines[2]).toBe('Nothing was found that needs attention.');
  expect(lines.find((line) => line.startsWith('job_execution_logs'))).toMatch(/4\.0 GiB +1\.0 GiB +12,345,678 +0 +3 +4,711 +2026-01-31$/);
  expect(lines.find((line) => line.includes('1,234,567'))).toMatch(/^42 % +1,234,567 +1\.50 +10 +SELECT column,/);
});

test('findings are told in groups, the worst first, each with what to do', () => {
  const findings = [
    { ...finding, severity: 'critical' as const },
    { ...finding, severity: 'warning' as const },
    { ...finding, severity: 'warning' as const },
    finding,
  ];
  const lines = linesOf({ findings });
  expect(lines.filter((line) => /^\S.*\(\d\)$/.test(line))).toEqual(['Critical (1)', 'Warnings (2)', 'For your information (1)']);
  expect(lines).toContain(`  ${finding.sentence}`);
  expect(lines).toContain(`    → ${finding.suggestion}`);
  expect(lines).toContain(`      ${finding.statement}`);
  expect(lines).not.toContain('Nothing was found that needs attention.');
});

test.each([80, 120])('on %d columns only statements, which are there to be copied, are wider', (width) => {
  const wide = linesOf({ findings: [finding] }, width).filter((line) => textWidth(line) > width);
  expect(wide).toEqual(width === 80 ? [`      ${finding.statement}`] : []);
});

test('a name that holds control sequences moves no cursor', () => {
  const evil = '\u001b[2J\u0007';
  const findings = [{ ...finding, sentence: `${evil}x`, suggestion: `${evil}y`, statement: `${evil}z` }];
  const tables = health.tables.map((table) => ({ ...table, table: `${evil}t` }));
  expect(linesOf({ findings, tables, database: `${evil}d` }).join('')).not.toMatch(/[\u001b\u0007]/); // oxlint-disable-line no-control-regex
});

describe('wrapped text', () => {
  test.each<[string, number | undefined, string[]]>([
    ['a bc def', 4, ['a bc', 'def']],
    ['a bc def', 8, ['a bc def']],
    ['abcdef g', 3, ['abcdef', 'g']],
    ['a bc def', undefined, ['a bc def']],
    ['', 4, ['']],
  ])('%j in %s columns', (text, width, lines) => {
    expect(wrapText(text, width)).toEqual(lines);
  });
});

describe('opsconductor db health', () => {
  const run = async (args: readonly string[], url: string | undefined): Promise<{ code: number | null; output: string }> => {
    const started = startCli(['db', 'health', ...args], { DATABASE_URL: url });
    const [code] = (await once(started.child, 'close')) as [number | null];
    return { code, output: started.output() };
  };

  test('prints text, or one document with --json, and ends with 0 while nothing is critical', async () => {
    await using database = await openTestDatabase();
    await execute(database.db, 'CREATE INDEX doubled ON jobs (created_at)');
    const text = await run([], database.url);
    expect(text.code).toBe(0);
    expect(text.output).toMatch(/^PostgreSQL 18\.\d+, database test_\w+: [\d.]+ MiB, statistics since /);
    expect(text.output).toContain('Warnings (1)\n  idx_jobs_created_at on jobs is the same index as doubled');
    expect(text.output).not.toContain('\u001b');
    const json = await run(['--json'], database.url);
    expect(json.code).toBe(0);
    expect(DatabaseHealth.parse(JSON.parse(json.output)).findings[0]).toMatchObject({ kind: 'duplicate_index' });
  });

  test('without a database it says what is missing, and not the password of one that is away', async () => {
    const missing = await run([], undefined);
    expect([missing.code, missing.output]).toEqual([2, expect.stringContaining('DATABASE_URL')]);
    const away = await run([], 'postgres://someone:hidden-word@127.0.0.1:1/nothing');
    expect(away.code).toBe(2);
    expect(away.output).toContain('127.0.0.1:1');
    expect(away.output).not.toContain('hidden-word');
  });
});

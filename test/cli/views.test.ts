import type { FollowExecutionEvent } from '../../src/client/index.ts';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { Branch, Execution } from '../../src/contracts/execution.ts';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { lineFilter } from '../../src/cli/line-filter.ts';
import { logLineText } from '../../src/cli/log-line-text.ts';
import { createPlainView } from '../../src/cli/plain-view.ts';
import { printError } from '../../src/cli/print-error.ts';
import { renderLive } from '../../src/cli/render-live.ts';
import { createRunProgress } from '../../src/cli/run-progress.ts';
import type { RunProgress } from '../../src/cli/run-progress.ts';
import { createPaint } from '../../src/cli/terminal/paint.ts';
import { textWidth } from '../../src/cli/terminal/text-width.ts';
import { watchRun } from '../../src/cli/watch-run.ts';
import { parseConfig } from '../../src/config.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import type { RunEvent } from '../../src/services/executions/follow-execution.ts';

const paint = createPaint(false);
const START = '2026-01-01T00:00:00.000Z';
const at = (seconds: number): string => new Date(Date.parse(START) + seconds * 1_000).toISOString();

const buildExecution = (fields: Partial<Execution> = {}): Execution =>
  ({
    execution_serial: 'J20250001.0001',
    job_name: 'Restart',
    status: 'running',
    total_branches: 4,
    completed_branches: 0,
    failed_branches: 0,
    cancelled_branches: 0,
    unresolved_attempts: 0,
    created_at: START,
    started_at: START,
    completed_at: null,
    cancel_requested_at: null,
    hold_reason: null,
    resumes_at: null,
    error_message: null,
    error_code: null,
    ...fields,
  }) as Execution;

const buildBranch = (number: number, fields: Partial<Branch> = {}): Branch =>
  ({
    branch_serial: `J20250001.0001.000${number}`,
    branch_number: number,
    retry_number: 0,
    hold_reason: null,
    target_name: `web-${number}`,
    status: 'running',
    result_output: null,
    exit_code: null,
    error_code: null,
    result_error: null,
    started_at: START,
    completed_at: null,
    updated_at: START,
    ...fields,
  }) as Branch;

const branchEvent = (branch: Branch): RunEvent => ({ type: 'branch', id: 'a', data: branch });
const lineEvent = (number: number, text: string) =>
  ({ type: 'line', id: 'a', data: { branch_serial: `J20250001.0001.000${number}`, line_number: 1, log_message: text } }) as RunEvent;

const halfDone = (): RunProgress => {
  const progress = createRunProgress(buildExecution());
  for (const number of [1, 2, 3, 4]) progress.apply(branchEvent(buildBranch(number, number === 4 ? { status: 'scheduled' } : {})));
  progress.apply(lineEvent(3, 'reload\u001b[2J 10 %\rreload 20 %\r'));
  progress.apply(branchEvent(buildBranch(1, { status: 'completed', completed_at: at(5) })));
  progress.apply(branchEvent(buildBranch(2, { status: 'failed', exit_code: 3, result_error: 'first\ndisk full\n', completed_at: at(5) })));
  return progress;
};

test('progress counts each branch once, however often it is told', () => {
  const progress = halfDone();
  expect(progress.apply(branchEvent(buildBranch(1, { status: 'completed', updated_at: at(9) })))).toBeUndefined();
  expect(progress.counts).toEqual({ scheduled: 1, running: 1, completed: 1, failed: 1, cancelled: 0 });
  expect(progress.done).toBe(2);
  expect(progress.remainingMs(Date.parse(at(10)))).toBe(10_000);
});

test('the live view shows how far it is, and each branch', () => {
  const lines = renderLive(halfDone(), { columns: 80, rows: 24, now: Date.parse(at(10)), paint, isConnected: true });
  expect(lines[0]).toBe('J20250001.0001  Restart  running');
  expect(lines[1]).toMatch(/^\[█+░+\]\s+50 % {2}2\/4 {2}10 s, about 10 s left$/);
  expect(lines[2]).toBe('1 running, 1 completed, 1 failed, 0 cancelled');
  expect(lines.slice(3)).toEqual([
    '   TARGET  STATE      TIME   LAST OUTPUT',
    '✓  web-1   completed  5.0 s',
    '✗  web-2   failed     5.0 s  exit 3: disk full',
    '▸  web-3   running    10 s   reload 20 %',
    '·  web-4   scheduled  10 s',
  ]);
});

test('of more branches than the screen takes it shows what goes on and what has failed, and counts the others', () => {
  const progress = createRunProgress(buildExecution({ total_branches: 40 }));
  const statusOf = (number: number): Branch['status'] =>
    number % 10 === 0 ? 'failed' : number % 10 === 1 ? 'running' : number < 30 ? 'completed' : 'scheduled';
  for (let number = 1; number <= 40; number += 1)
    progress.apply(branchEvent(buildBranch(number, { status: statusOf(number), branch_serial: `b${number}`, updated_at: at(number) })));
  const lines = renderLive(progress, { columns: 80, rows: 16, now: Date.parse(at(10)), paint, isConnected: true });
  expect(lines).toHaveLength(15);
  const shown = lines.slice(4, -1).map((text) => text.split(/\s+/).slice(1, 3).join(' '));
  for (const number of [1, 11, 21, 31]) expect(shown).toContain(`web-${number} running`);
  for (const number of [10, 20, 30, 40]) expect(shown).toContain(`web-${number} failed`);
  expect(shown.slice(-3)).toEqual(['web-30 failed', 'web-31 running', 'web-40 failed']);
  expect(lines.at(-1)).toBe('… and 22 completed, 8 scheduled');
});

test('lines that are followed are chosen by text, case folded if asked, and by stream', () => {
  const line = { stream: 'stderr', log_message: 'Disk full' } as Parameters<typeof logLineText>[0];
  expect(lineFilter({})(line)).toBe(true);
  expect([lineFilter({ grep: 'disk' })(line), lineFilter({ grep: 'disk', ignoreCase: true })(line)]).toEqual([false, true]);
  expect([lineFilter({ grep: 'Disk', stream: 'stdout' })(line), lineFilter({ grep: 'Disk', stream: 'stderr' })(line)]).toEqual([
    false,
    true,
  ]);
});

test.each([
  [20, 6],
  [40, 8],
  [80, 24],
  [200, 3],
])('the live view of a big run fits into %i columns and %i rows', (columns, rows) => {
  const progress = createRunProgress(buildExecution({ total_branches: 1_000, job_name: '日本'.repeat(50) }));
  for (let number = 0; number < 300; number += 1) {
    const status = number % 2 === 0 ? 'running' : 'failed';
    progress.apply(branchEvent(buildBranch(number, { status, target_name: `ホスト-${number}`, result_error: 'x'.repeat(500) })));
    progress.apply(lineEvent(number, '👩‍👩‍👧 '.repeat(100)));
  }
  const lines = renderLive(progress, { columns, rows, now: Date.parse(at(1)), paint, isConnected: false });
  expect(lines.length).toBeLessThan(Math.max(2, rows));
  if (columns >= 80) expect(Math.max(...lines.map(textWidth))).toBeLessThan(columns);
});

const sink = () => {
  const chunks: string[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _encoding, done) => (chunks.push(String(chunk)), done()) });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => chunks.join('') };
};

test('without a terminal there is one line for each end, and a summary', () => {
  const { stream, text } = sink();
  const progress = createRunProgress(buildExecution());
  const view = createPlainView(stream, progress, paint);
  const failed = branchEvent(buildBranch(2, { status: 'failed', exit_code: 3, result_error: 'disk full', completed_at: at(5) }));
  for (const event of [branchEvent(buildBranch(2)), failed, failed]) view.event(event, progress.apply(event));
  progress.apply({
    type: 'execution',
    id: 'a',
    data: buildExecution({ status: 'failed', failed_branches: 1, total_branches: 1, completed_at: at(6) }),
  });
  view.close();
  expect(text()).toBe(
    'failed     web-2  5.0 s  exit 3: disk full\nJ20250001.0001 (Restart) failed after 6.0 s: 0 of 1 targets completed, 1 failed, 0 cancelled\n  ✗ web-2  exit 3: disk full\n',
  );
});

test('watching gives the run as it ended', async () => {
  const ended = buildExecution({ status: 'completed', completed_at: at(1) });
  const client = {
    getExecution: () => Promise.resolve({ ...buildExecution(), target_selection: { source: 'job' as const, selector: null } }),
    async *followExecution(): AsyncGenerator<FollowExecutionEvent, void, undefined> {
      yield { type: 'execution', id: 'a', data: ended };
    },
  };
  expect(await watchRun(client, 'J20250001.0001', { out: sink().stream })).toEqual(ended);
});

test('lines of stderr and notes are marked, and control sequences do not reach a terminal', () => {
  const line = { stream: 'stderr', target_name: 'web-1', log_message: 'a\u001b[2Jb' } as Parameters<typeof logLineText>[0];
  expect(logLineText(line, { hasSeveral: true, isTerminal: true, paint })).toBe('web-1 ! ab');
  expect(logLineText({ ...line, stream: 'stdout' }, { hasSeveral: false, isTerminal: false, paint })).toBe('a\u001b[2Jb');
  expect(logLineText({ ...line, stream: null }, { hasSeveral: false, isTerminal: true, paint })).toBe('# ab');
});

test('an error is told in a line, its fields below, and has an exit code', () => {
  const told = (error: unknown, logLevel = 'info') => {
    const { stream, text } = sink();
    return [printError(error, { logLevel, noColor: true }, stream), text()];
  };
  const fields = [{ path: 'name', message: 'is empty' }];
  expect(told(new OpsError('VALIDATION', 'Wrong.', { fields }))).toEqual([2, 'error: Wrong.\n  name: is empty\n']);
  expect(told(new OpsError('VALIDATION', 'name: is empty', { fields }))).toEqual([2, 'error: name: is empty\n']);
  expect(told(new OpsError('UNAUTHENTICATED', 'Log in.'))).toEqual([4, 'error: Log in.\n']);
  expect(told(new Error('bug'))).toEqual([70, 'error: bug\n']);
  expect(told(new Error('bug'), 'debug')[1]).toContain('views.test.ts');
});

test.each([
  [['targets', 'list', '--limit', '0'], 2],
  [['runs', 'nope'], 2],
  [['jobs', 'create'], 2],
  [['targets', 'add', 'x', '--host', 'h', '--user', 'u', '--password-stdin', '--key-file', 'k'], 2],
  [['runs', 'list', '--help'], 0],
])('opsconductor %j exits with %i', async (args, code) => {
  const config = parseConfig({ OPSCONDUCTOR_TOKEN: 'x', OPSCONDUCTOR_URL: 'http://127.0.0.1:9', XDG_CONFIG_HOME: '/nonexistent' });
  const { stream } = sink();
  const program = new Command().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  registerClientCommands(program, config, { stdin: process.stdin, stdout: stream, stderr: stream });
  const error: unknown = await program.parseAsync(args, { from: 'user' }).catch((caught: unknown) => caught);
  expect(printError(error, config, stream)).toBe(code);
});

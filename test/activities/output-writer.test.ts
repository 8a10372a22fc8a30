import { ConnectionError } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { selectRow } from '../../src/db/query.ts';
import { createSecretMask } from '../../src/domain/secret-mask.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addRunningBranch, addWriter, oneTo, storedLines } from './support/attempt.ts';

const attemptLines = (db: Sequelize, attemptId: number) =>
  selectRow(db, 'SELECT output_lines FROM job_action_results WHERE id = $1', [attemptId]);
const branchLines = (db: Sequelize, branchId: number) =>
  selectRow(db, 'SELECT last_line_number FROM job_execution_branches WHERE id = $1', [branchId]);

test('two writers of one branch at once number its lines without gap, each in its own order', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const writers = await Promise.all([addWriter(db, branch, 1), addWriter(db, branch, 2)]);
  await Promise.all(
    writers.map(async ({ writer }, which) => {
      for (let batch = 0; batch < 40; batch += 1) {
        const lines = Array.from({ length: 137 }, (_, index) => `${which} ${batch * 137 + index}\n`).join('');
        await writer.write(batch % 2 === 0 ? 'stdout' : 'stderr', Buffer.from(lines));
      }
      await writer.end();
    }),
  );
  const lines = await storedLines(db, branch.branchId);
  expect(lines.map((line) => line.line_number)).toEqual(oneTo(2 * 40 * 137));
  for (const [which, { attemptId }] of writers.entries()) {
    const own = lines.map((line) => line.log_message).filter((text) => text.startsWith(`${which} `));
    expect(own).toEqual(Array.from({ length: 40 * 137 }, (_, index) => `${which} ${index}`));
    expect(await attemptLines(db, attemptId)).toEqual({ output_lines: 40 * 137 });
  }
  expect(await branchLines(db, branch.branchId)).toEqual({ last_line_number: 2 * 40 * 137 });
});

/** A database that stores and then loses the answer, every second time. */
const losingAnswers = (db: Sequelize): Sequelize => {
  let calls = 0;
  const query = async (...args: unknown[]): Promise<unknown> => {
    const result: unknown = await Reflect.apply(db.query, db, args);
    calls += 1;
    if (calls % 2 === 1) throw new ConnectionError(new Error('Connection terminated unexpectedly'));
    return result;
  };
  return new Proxy(db, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)) });
};

test('a batch whose answer was lost is stored once', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const { writer, attemptId } = await addWriter(db, branch, 1, { db: losingAnswers(db) });
  const text = oneTo(2_000)
    .map((number) => `line ${number}\n`)
    .join('');
  await writer.write('stdout', Buffer.from(text));
  expect(await writer.end()).toMatchObject({ stdout: text, truncated: false, bytes: text.length });
  const lines = await storedLines(db, branch.branchId);
  expect(lines.map((line) => line.log_message)).toEqual(oneTo(2_000).map((number) => `line ${number}`));
  expect(lines.map((line) => line.line_number)).toEqual(oneTo(2_000));
  expect(await attemptLines(db, attemptId)).toEqual({ output_lines: 2_000 });
});

test('output beyond the cap is counted but not stored; a last line says so', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const { writer } = await addWriter(db, branch, 1, { maxLogBytes: 1_024 });
  for (let number = 1; number <= 300; number += 1) await writer.write('stdout', Buffer.from(`line ${String(number).padStart(10, '0')}\n`));
  const facts = await writer.end();
  expect(facts).toMatchObject({ truncated: true, bytes: 300 * 16 });
  expect(facts.stdout).toContain('line 0000000300\n');
  const lines = await storedLines(db, branch.branchId);
  expect(lines.map((line) => line.line_number)).toEqual(oneTo(65));
  expect(lines.filter((line) => line.stream === 'stdout')).toHaveLength(64);
  expect(lines.at(-1)).toMatchObject({ stream: null, log_message: expect.stringContaining('1024 bytes (setting max_log_bytes)') });
});

test('the tail keeps the last bytes; something was cut only if something was', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const [cut, whole] = await Promise.all([
    addWriter(db, branch, 1, { maxOutputBytes: 1_024 }),
    addWriter(db, branch, 2, { maxOutputBytes: 1_024 }),
  ]);
  await cut.writer.write('stderr', Buffer.from(`${'\0'.repeat(1_000)}\n`));
  expect(await cut.writer.end()).toMatchObject({ stderr: `${'\u2400'.repeat(341)}\n`, truncated: true, bytes: 1_001 });
  await whole.writer.write('stderr', Buffer.from('x\r\n'.repeat(400)));
  expect(await whole.writer.end()).toMatchObject({ stderr: 'x\n'.repeat(400), truncated: false, bytes: 1_200 });
});

test('bytes that are no text, secrets and long lines are stored as text that Postgres takes', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const { writer } = await addWriter(db, branch, 1, { mask: createSecretMask(['hunter2secret']) });
  const emoji = '😀'.repeat(20_000);
  const bytes = Buffer.concat([
    Buffer.from('\ufeffa\0b\r\n'),
    Buffer.from([0xff, 0xc3, 0x0a]),
    Buffer.from(`\u001b[31mred\u001b[0m "{}",\\NULL\n${emoji}hunter2secret`),
  ]);
  for (let at = 0; at < bytes.length; at += 1_001) await writer.write('stdout', bytes.subarray(at, at + 1_001));
  writer.event('error', 'action_execution', 'command_execution', 'a\0b hunter2secret');
  await writer.end();
  const lines = await storedLines(db, branch.branchId);
  const output = lines.filter((line) => line.stream !== null);
  expect(output.slice(0, 3).map((line) => line.log_message)).toEqual([
    '\ufeffa\u2400b',
    '\ufffd\ufffd',
    '\u001b[31mred\u001b[0m "{}",\\NULL',
  ]);
  expect(
    output
      .slice(3)
      .map((line) => line.log_message)
      .join(''),
  ).toBe(`${emoji}********`);
  expect(output.slice(3).map((line) => line.continues)).toEqual([true, true, null]);
  expect(lines.find((line) => line.stream === null)?.log_message).toBe('a\u2400b ********');
});

test('a quiet program has its lines written without waiting for more', async () => {
  await using database = await openTestDatabase();
  const { db } = database;
  const branch = await addRunningBranch(db);
  const written = Promise.withResolvers<void>();
  const { writer } = await addWriter(db, branch, 1, { onWritten: written.resolve });
  await writer.write('stdout', Buffer.from('working\nno end'));
  await written.promise;
  expect((await storedLines(db, branch.branchId)).map((line) => line.log_message)).toEqual(['working']);
  await writer.end();
  expect((await storedLines(db, branch.branchId)).map((line) => line.log_message)).toEqual(['working', 'no end']);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createOpenSqlite } from '../../src/transports/sqlite/open-sqlite.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { pythonSqlite } from '../support/python-sqlite.ts';
import { failureOf, never, querySql, runStatement, sql, sqlEndpoint } from './support/sql.ts';

describe('SQLite', () => {
  let root: string;
  let folder: string;
  let file: string;
  let count = 0;
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'ops-sqlite-')));
    folder = join(root, 'files');
    mkdirSync(join(folder, 'own'), { recursive: true });
  });
  afterAll(() => rmSync(root, { recursive: true }));
  beforeEach(() => {
    count += 1;
    file = join(folder, `${count}.db`);
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE things (n INTEGER, v)');
    database.close();
  });

  const open = (endpoint: Parameters<ReturnType<typeof createOpenSqlite>>[0], signal = never) =>
    createOpenSqlite({ allowed: folder, own: join(folder, 'own') })(endpoint, signal);
  const at = (path = file, config: Record<string, unknown> = {}, connectTimeoutMs = 10_000) =>
    sqlEndpoint('sqlite', 0, { host: '', secret: undefined, connectTimeoutMs, config: { database_path: path, ...config } });
  const query = (request: ReturnType<typeof sql>, endpoint = at()) => querySql(open, endpoint, request);
  const text = (statement: string) => ({ ...sql``, statement: { segments: [statement], values: [] } });
  const python = (program: string): Promise<string> => pythonSqlite(file, program);

  test.each([
    ['NULL', 'NULL', 'null'],
    ['a whole number', '42', '42'],
    ['the largest whole number', '9223372036854775807', '"9223372036854775807"'],
    ['a floating number', '0.1', '0.1'],
    ['infinity', '9e999', '"Infinity"'],
    ['bytes', `x'00ff0a'`, '"AP8K"'],
    ['text with NUL', `'a' || char(0) || 'b'`, String.raw`"a\u0000b"`],
    ['text that is no UTF-8', `CAST(x'ff41' AS TEXT)`, '"\ufffdA"'],
    ['a reserved sign as text', `'?'`, '"?"'],
  ])('%s comes exact', async (_, expression, json) => {
    expect((await query(text(`SELECT ${expression} AS v`))).text).toBe(`{"v":${json}}\n`);
  });

  test('values are bound: Python reads what was written, with its type', async () => {
    const evil = `'; DROP TABLE things; --\r\n"ü😀`;
    expect(
      await query(sql`INSERT INTO things VALUES (${7}, ${evil}), (${true}, ${null}), (${'9223372036854775807'}, ${0.5})`),
    ).toMatchObject({
      affectedRows: 3,
      rowCount: null,
    });
    expect(JSON.parse(await python('print(json.dumps(c.execute("SELECT n, v, typeof(n), typeof(v) FROM things").fetchall()))'))).toEqual([
      [7, evil, 'integer', 'text'],
      [1, null, 'integer', 'null'],
      [expect.any(Number), 0.5, 'integer', 'real'],
    ]);
  });

  test('what Python wrote is read', async () => {
    await python('c.execute("INSERT INTO things VALUES (?, ?)", (2**62 + 1, bytes([0, 255]))); c.commit()');
    expect((await query(sql`SELECT * FROM things`)).rows).toEqual([{ n: '4611686018427387905', v: 'AP8=' }]);
  });

  test('changes tell how many rows, and a SELECT and a CREATE do not', async () => {
    await using session = await open(at());
    const run = (request: ReturnType<typeof sql>) => runStatement(session, request, collectOutput().sink);
    const numbers = sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 250) INSERT INTO things SELECT n, 'x' FROM c`;
    expect(await run(numbers)).toMatchObject({ affectedRows: 250, rowCount: null });
    expect(await run(sql`CREATE TABLE copied AS SELECT * FROM things`)).toMatchObject({ affectedRows: null });
    expect(await run({ ...sql`DELETE FROM things WHERE n > ${240} RETURNING n`, maxRows: 2 })).toMatchObject({
      affectedRows: 10,
      rowCount: 2,
    });
    expect(await run(sql`SELECT n FROM things`)).toMatchObject({ affectedRows: null, rowCount: 240, isTruncated: false });
    expect(await run(sql`VACUUM`)).toMatchObject({ rowCount: null });
  });

  const ENDLESS = sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c`;

  test('rows beyond the limit are left out, also of an endless statement', async () => {
    const { rows, isTruncated } = await query({ ...ENDLESS, maxRows: 3 });
    expect([rows, isTruncated]).toEqual([[{ n: 1 }, { n: 2 }, { n: 3 }], true]);
  });

  test('many rows all come, in order', async () => {
    const { rows } = await query({ ...ENDLESS, maxRows: 5_000 });
    expect(rows).toEqual(Array.from({ length: 5_000 }, (_, index) => ({ n: index + 1 })));
  });

  test('no further rows are read while the output takes none: the statement keeps its lock', async () => {
    await query({
      ...sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) INSERT INTO things SELECT n, printf('%1000d', n) FROM c`,
    });
    await using session = await open(at());
    const [reached, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const running = runStatement(session, sql`SELECT * FROM things`, () => {
      reached.resolve();
      return go.promise;
    });
    await reached.promise;
    const lock = 'c.execute("PRAGMA busy_timeout = 0").fetchall(); c.execute("BEGIN EXCLUSIVE")';
    await expect(python(lock)).rejects.toThrow('database is locked');
    go.resolve();
    await expect(running).resolves.toMatchObject({ rowCount: 5000 });
    await python(lock);
  });

  test.skipIf(process.platform !== 'linux')('a worker that is killed takes its endless statement with it', async () => {
    const program = `
      const { createOpenSqlite } = await import(process.argv[1]);
      const open = createOpenSqlite({ allowed: ${JSON.stringify(folder)}, own: ${JSON.stringify(join(folder, 'own'))} });
      const session = await open(${JSON.stringify(at())}, new AbortController().signal);
      const endless = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c';
      const statement = { segments: [endless], values: [] };
      console.log('running');
      await session.query({ statement, isProcedure: false, maxRows: 1 }, async () => {}, new AbortController().signal);`;
    const adapter = new URL('../../src/transports/sqlite/open-sqlite.ts', import.meta.url).href;
    const worker = spawn(process.execPath, ['--input-type=module', '-e', program, adapter], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(worker.stdout, 'data');
    const child = readFileSync(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8').trim();
    expect(readFileSync(`/proc/${child}/cmdline`, 'utf8')).toContain('sqlite-process.ts');
    worker.kill('SIGKILL');
    // What has ended has no command line, or is gone.
    const isThere = (): boolean => existsSync(`/proc/${child}`) && readFileSync(`/proc/${child}/cmdline`, 'utf8') !== '';
    while (isThere()) await new Promise(setImmediate);
  });

  test('an output that fails ends the statement with its error', async () => {
    await using session = await open(at());
    const request = {
      ...sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, printf('%1000d', n) FROM c`,
      maxRows: 100_000,
    };
    await expect(runStatement(session, request, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    expect(session.isOpen).toBe(false);
  });

  test.each(['DELETE', 'WAL'])('a cancel ends an endless write with journal %s, and leaves the file sound and unchanged', async (mode) => {
    await query(sql`INSERT INTO things VALUES (${1}, ${'kept'})`);
    await using session = await open(at(file, { journal_mode: mode }));
    const abort = new AbortController();
    const endless = sql`INSERT INTO things WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, printf('%1000d', n) FROM c`;
    const running = abortedAs(runStatement(session, endless, collectOutput().sink, abort.signal));
    // The journal holds something once the statement writes.
    const journal = mode === 'WAL' ? /-wal$/ : /-journal$/;
    while (!readdirSync(folder).some((name) => name.startsWith(`${count}.db`) && journal.test(name))) await new Promise(setImmediate);
    abort.abort(new Error('cancelled by test'));
    expect(await running).toMatchObject({ work: 'ended', reason: 'cancelled by test' });
    expect(session.isOpen).toBe(false);
    expect(await python('print(c.execute("PRAGMA integrity_check").fetchall(), c.execute("SELECT * FROM things").fetchall())')).toBe(
      "[('ok',)] [(1, 'kept')]\n",
    );
  });

  test.each([
    ['SELECT 1; SELECT 2', 'several statements'],
    ['SELECT 1; nonsense', 'several statements'],
    ['-- nothing', 'empty'],
    ['BEGIN', 'BEGIN'],
    ['SAVEPOINT a', 'savepoints'],
    [`ATTACH '/etc/passwd' AS x`, 'ATTACH'],
    [`VACUUM INTO '/tmp/ops-sqlite-never.db'`, 'VACUUM INTO'],
    [`SELECT load_extension('/tmp/x.so')`, 'extensions'],
    ['PRAGMA journal_mode = OFF', 'PRAGMA journal_mode'],
    [`PRAGMA temp_store_directory = '/etc'`, 'PRAGMA temp_store_directory'],
    ['PRAGMA writable_schema = 1', 'PRAGMA writable_schema'],
    ['SELECT ?', 'placeholders of its own'],
    ['SELECT :name', 'placeholders of its own'],
    ['SELECT ?1', 'placeholders of its own'],
  ])('"%s" is refused, and nothing is run', async (statement, why) => {
    const { code, message } = await failureOf(query(text(statement)));
    expect(code).toBe('QUERY_INVALID');
    expect(message).toContain(why);
    expect(message).toContain('Nothing was run');
  });

  test('a value within quotes is refused; a comment behind the statement, and a digit behind a value, are not', async () => {
    expect((await failureOf(query(sql`SELECT '${1}', ${2}`))).message).toContain('inside of quotes');
    expect((await query(sql`SELECT ${1}+${2} AS three; -- done`)).rows).toEqual([{ three: 3 }]);
    expect((await query(text(`SELECT ':a' AS "$b", 1 AS c$d /* @e */`))).rows).toEqual([{ $b: ':a', c$d: 1 }]);
    expect((await query(text('PRAGMA table_info(things)'))).rowCount).toBe(2);
  });

  test('an error tells what SQLite says; a procedure is refused', async () => {
    expect(await failureOf(query(sql`SELECT absent`))).toEqual({
      code: 'QUERY_INVALID',
      message: `SQLite file ${file}: no such column: absent. The statement of the action does not fit this file: correct it in the job.`,
    });
    expect(await failureOf(query({ ...sql`x`, isProcedure: true }))).toMatchObject({ code: 'VALIDATION' });
  });

  test('a lock of another process fails the statement and names that process', async () => {
    const program =
      'import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute("BEGIN EXCLUSIVE"); print("locked", flush=True); sys.stdin.read()';
    await using session = await open(at(file, {}, 50));
    const locker = spawn('python3', ['-c', program, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(locker.stdout, 'data');
    const { code, message } = await failureOf(runStatement(session, sql`DELETE FROM things`, collectOutput().sink));
    locker.stdin.end();
    await once(locker, 'exit');
    expect(code).toBe('QUERY_FAILED');
    expect(message).toContain('the database is locked by');
    if (process.platform === 'linux') expect(message).toContain(`process ${locker.pid} (python3`);
  });

  test('a file that is no database, one that is damaged, and one that is not there are told apart', async () => {
    const other = join(folder, 'other.db');
    writeFileSync(other, 'x'.repeat(5_000));
    expect(await failureOf(open(at(other)))).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('no SQLite database'),
    });
    expect(await failureOf(open(at(join(folder, 'none.db'))))).toMatchObject({ code: 'FILE_MISSING' });
    expect(readdirSync(folder)).not.toContain('none.db');
    const pages = await python('c.execute("PRAGMA page_size").fetchone(); print(open(sys.argv[1], "rb").read().hex())');
    writeFileSync(file, Buffer.concat([Buffer.from(pages.trim(), 'hex').subarray(0, 4_096), Buffer.alloc(4_096, 0xff)]));
    expect(await failureOf(query(sql`SELECT * FROM things`))).toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('damaged'),
    });
  });

  test('only files of the allowed folder are opened', async () => {
    const outside = join(root, 'outside.db');
    new DatabaseSync(outside).close();
    symlinkSync(outside, join(folder, 'link.db'));
    new DatabaseSync(join(folder, 'own', 'a.db')).close();
    const refused = [
      outside,
      join(folder, 'link.db'),
      `${folder}/../outside.db`,
      join(root, 'not there'),
      '/etc/passwd',
      `${folder}/own/a.db`,
      folder,
    ];
    for (const path of refused) expect(await failureOf(open(at(path))), path).toMatchObject({ code: 'VALIDATION' });
    const { code, message } = await failureOf(createOpenSqlite({ allowed: undefined, own: root })(at(), never));
    expect(code).toBe('VALIDATION');
    expect(message).toContain('OPSCONDUCTOR_SQLITE_DIR');
    expect(await failureOf(open(at(':memory:')))).not.toMatchObject({ message: 'it succeeded' });
  });

  test.skipIf(process.getuid?.() === 0)('a file without rights is refused', async () => {
    chmodSync(file, 0);
    expect(await failureOf(open(at()))).toMatchObject({ code: 'FILE_REFUSED' });
  });

  test('a probe tells the version and changes nothing', async () => {
    await using session = await open(at(file, { journal_mode: 'WAL' }));
    expect(await session.probe(never)).toBe(`SQLite ${process.versions.sqlite}; file ${file}.`);
    expect(await python('print(c.execute("PRAGMA journal_mode").fetchone()[0])')).toBe('delete\n');
  });
});

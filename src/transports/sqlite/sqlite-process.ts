import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { guard } from './authorizer.ts';
import type { Guard } from './authorizer.ts';
import type { Answer, Failure, Order } from './messages.ts';
import { Refusal, prepareStatement } from './prepare-statement.ts';
import { whoLocks } from './who-locks.ts';

const ROWS_AT_ONCE = 100;
const BYTES_AT_ONCE = 65_536;
const BUSY = 5;
const LOCKED = 6;

const waiting: (() => void)[] = [];
let open: { database: DatabaseSync; guarded: Guard | undefined; path: string; journalMode: string | undefined } | undefined;

const say = (answer: Answer): void => void process.send?.(answer);

const untilTaken = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

const sizeOf = (row: readonly unknown[]): number =>
  row.reduce<number>((sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8), 0);

const failureOf = (error: unknown, path: string, guarded: Guard | undefined): Failure => {
  const said: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : undefined;
  const code = typeof said === 'number' ? said : 0;
  const isLocked = (code & 0xff) === BUSY || (code & 0xff) === LOCKED;
  return {
    refused: error instanceof Refusal ? error.message : guarded?.refusal,
    message: error instanceof Error ? error.message : String(error),
    code,
    lockers: isLocked ? whoLocks(path) : [],
  };
};

const openFile = ({ path, busyMs, journalMode, synchronous }: Extract<Order, { kind: 'open' }>): void => {
  const url = pathToFileURL(path);
  // A file that is not there is an error, not a new and empty database.
  url.searchParams.set('mode', 'rw');
  const database = new DatabaseSync(url, { timeout: busyMs, allowExtension: false, defensive: true });
  const { version } = database.prepare('SELECT sqlite_version() AS version, (SELECT count(*) FROM sqlite_schema) AS objects').get() ?? {};
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  open = { database, guarded: undefined, path, journalMode };
  say({ kind: 'opened', version: String(version) });
};

/** Only before a statement, as a connection test changes nothing. From then on the guard stands before everything. */
const setUp = (database: DatabaseSync, journalMode: string | undefined): Guard => {
  const { journal_mode: current } = database.prepare('PRAGMA journal_mode').get() ?? {};
  if (journalMode !== undefined && String(current).toUpperCase() !== journalMode) database.exec(`PRAGMA journal_mode = ${journalMode}`);
  return guard(database);
};

/** Gives the rows to the parent, the next ones once it has taken these. */
const giveRows = async (rows: Iterable<unknown>, limit: number): Promise<void> => {
  let [batch, bytes, count]: [unknown[][], number, number] = [[], 0, 0];
  const give = async (): Promise<void> => {
    if (batch.length === 0) return;
    say({ kind: 'rows', rows: batch });
    [batch, bytes] = [[], 0];
    await untilTaken();
  };
  for (const row of rows) {
    const values = row as unknown[];
    batch.push(values);
    bytes += sizeOf(values);
    count += 1;
    if (batch.length >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE) await give();
    if (count >= limit) break;
  }
  await give();
};

type Execute = Extract<Order, { kind: 'execute' }>;

/** @returns rows changed */
const runPrepared = async (
  database: DatabaseSync,
  { statement, values }: ReturnType<typeof prepareStatement>,
  isChange: boolean,
  maxRows: number,
): Promise<number | null> => {
  const columns = statement.columns();
  if (columns.length === 0) {
    const { changes } = statement.run(...values);
    return isChange ? Number(changes) : null;
  }
  say({ kind: 'columns', names: columns.map(({ name }) => name) });
  // One more tells that there are more. A change is done before its first row comes; it is read to its end all the same.
  await giveRows(statement.iterate(...values), isChange ? Infinity : maxRows + 1);
  const changed: unknown = isChange ? database.prepare('SELECT changes() AS n').get()?.['n'] : null;
  return changed === null ? null : Number(changed);
};

/** In a transaction of its own, so that whoever ends this process knows whether the change may be there. */
const inTransaction = async <Result>(database: DatabaseSync, work: () => Promise<Result>): Promise<Result> => {
  database.exec('BEGIN');
  try {
    const result = await work();
    say({ kind: 'committing' });
    // A statement (OR ROLLBACK) may have ended the transaction itself.
    if (database.isTransaction) database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
};

const execute = async ({ text, values: given, maxRows }: Execute): Promise<void> => {
  if (open === undefined) throw new Error('the file is not open');
  const { database } = open;
  const guarded = (open.guarded ??= setUp(database, open.journalMode));
  const prepared = guarded.prepare(() => prepareStatement(database, text, given));
  const { isChange, isWrite } = guarded;
  const run = (): Promise<number | null> => runPrepared(database, prepared, isChange, maxRows);
  say({ kind: 'ended', affected: await (isWrite ? inTransaction(database, run) : run()) });
};

const obey = async (order: Order): Promise<void> => {
  const path = order.kind === 'open' ? order.path : (open?.path ?? '');
  try {
    if (order.kind === 'taken') waiting.shift()?.();
    else if (order.kind === 'open') openFile(order);
    else if (order.kind === 'execute') await execute(order);
    else {
      open?.database.close();
      process.disconnect();
    }
  } catch (error) {
    say({ kind: 'failed', failure: failureOf(error, path, open?.guarded) });
  }
};

// An endless statement does not let this thread see that the parent is gone: another one waits for the end of its pipe.
const WATCH = `require('node:fs').readSync(0, Buffer.alloc(1)); process.kill(process.pid, 'SIGKILL');`;
new Worker(WATCH, { eval: true, stdin: false }).unref();

// The parent ends this process; a Ctrl-C at its terminal is for the parent to decide.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
// An exit would wait for the thread above.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (order: Order) => void obey(order));

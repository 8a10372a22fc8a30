import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { joinPlaceholders } from '../sql/statement-text.ts';
import type { OpenSession } from '../transport.ts';
import { allowedPath } from './allowed-path.ts';
import type { SqliteFolders } from './allowed-path.ts';
import type { Answer, Order } from './messages.ts';
import { placeOf, toSqliteError } from './sqlite-errors.ts';

const PROCESS = new URL('sqlite-process.ts', import.meta.url);
/** Beyond the wait for a lock: for the process to start, and a slow disk. */
const START_MS = 5_000;

/** The process that holds the file: one order at a time. A thread would not do, as nothing ends a statement of SQLite within one. */
const startProcess = (path: string) => {
  const child: ChildProcess = fork(PROCESS, [], {
    execArgv: ['--no-warnings'],
    // Nothing of the worker's environment, which holds its secrets.
    env: {},
    serialization: 'advanced',
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
  });
  const ended = Promise.withResolvers<void>();
  let current: { hear: (answer: Answer) => void; fail: (error: Error) => void } | undefined;
  let isOpen = true;
  let wasKilled = false;
  let mayBeDone = false;
  const end = (): void => {
    isOpen = false;
    ended.resolve();
    current?.fail(
      new OpsError(
        'CONNECTION_LOST',
        `${placeOf(path)}: the process that works on it ended before the statement did. Whether the statement took effect is not known: look at the data. Was it short of memory?`,
      ),
    );
  };
  child.on('message', (answer) => {
    if ((answer as Answer).kind === 'committing') mayBeDone = true;
    current?.hear(answer as Answer);
  });
  // What it said before its end may come after its exit.
  void Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(end, end);
  child.once('error', end);
  child.stdin?.on('error', () => undefined);
  const send = (order: Order): void => void (isOpen && child.connected && child.send(order, () => undefined));

  return {
    get isOpen() {
      return isOpen;
    },
    ended: ended.promise,
    send,
    /** A statement is to follow. */
    begin: (): void => {
      mayBeDone = false;
    },
    /** Gives an order; `hear` gets its answers, and is done with the first that it gives a result for. */
    order: async <Result>(order: Order, hear: (answer: Answer) => Promise<Result | undefined>): Promise<Result> => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const take = async (answer: Answer): Promise<void> => {
        if (answer.kind === 'failed') throw toSqliteError(path, answer.failure);
        const result = await hear(answer);
        if (result !== undefined) resolve(result);
      };
      current = { hear: (answer) => void take(answer).catch(reject), fail: reject };
      if (isOpen) send(order);
      else end();
      try {
        return await promise;
      } finally {
        current = undefined;
      }
    },
    /** Ended by us; `late`: what it did may be in the file. */
    get killed(): 'in time' | 'late' | false {
      return wasKilled && (mayBeDone ? 'late' : 'in time');
    },
    kill: (): void => {
      isOpen = false;
      wasKilled = true;
      child.kill('SIGKILL');
    },
  };
};

type Holder = ReturnType<typeof startProcess>;

const executeOn = async (holder: Holder, order: Order, rows: RowWriter): Promise<number | null> => {
  holder.begin();
  const { affected } = await holder.order(order, async (answer) => {
    if (answer.kind === 'columns') rows.columns(answer.names);
    if (answer.kind === 'rows') {
      for (const row of answer.rows) rows.row(row);
      await rows.flush();
      holder.send({ kind: 'taken' });
    }
    return answer.kind === 'ended' ? answer : undefined;
  });
  return affected;
};

const linkOf = (path: string, holder: Holder, version: string): SqlLink => ({
  login: `Opened ${path}`,
  place: placeOf(path),
  get isOpen() {
    return holder.isOpen;
  },
  describe: async () => `SQLite ${version}; file ${path}.`,
  async execute({ statement, isProcedure, maxRows }, rows) {
    if (isProcedure) throw new OpsError('VALIDATION', `${placeOf(path)}: SQLite has no stored procedures.`);
    // The blank keeps a digit behind it from becoming the number of a placeholder.
    const text = joinPlaceholders(statement, () => '? ');
    return executeOn(holder, { kind: 'execute', text, values: statement.values, maxRows }, rows);
  },
  async cancel() {
    holder.kill();
    await holder.ended;
  },
  cancelled: () => holder.killed,
  async close() {
    holder.send({ kind: 'close' });
    await holder.ended;
  },
  destroy: () => holder.kill(),
});

const openFile = async (holder: Holder, real: string, config: MethodConfig<'sqlite'>, endpoint: Endpoint, signal: AbortSignal) => {
  const { journal_mode: journalMode, synchronous } = config;
  const order: Order = { kind: 'open', path: real, busyMs: endpoint.connectTimeoutMs, journalMode, synchronous };
  const opening = holder.order(order, async (answer) => (answer.kind === 'opened' ? answer : undefined));
  const clock = new AbortController();
  const late = `${placeOf(real)}: it could not be opened within ${endpoint.connectTimeoutMs / 1_000} s. Does the disk of the worker answer?`;
  const timer = setTimeout(() => clock.abort(new OpsError('CONNECTION_TIMED_OUT', late)), endpoint.connectTimeoutMs + START_MS);
  try {
    return await abortable(AbortSignal.any([signal, clock.signal]), holder.kill, opening);
  } finally {
    clearTimeout(timer);
  }
};

/** SQLite by Node's own, in a process for each session: a cancel kills it, and the journal rolls back what it was doing. */
export const createOpenSqlite =
  (folders: SqliteFolders): OpenSession =>
  async (endpoint, signal) => {
    signal.throwIfAborted();
    const config = METHOD_CONFIGS.sqlite.parse(endpoint.config);
    const real = await allowedPath(config.database_path, folders);
    const holder = startProcess(real);
    try {
      const { version } = await openFile(holder, real, config, endpoint, signal);
      return createSqlSession(linkOf(real, holder, version));
    } catch (error) {
      holder.kill();
      throw error;
    }
  };

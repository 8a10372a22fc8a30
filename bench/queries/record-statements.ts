import { callbackify } from 'node:util';
import type pg from 'pg';
import type { Sequelize } from 'sequelize';
import { readPlan } from './read-plan.ts';
import type { Plan } from './read-plan.ts';

/** A statement as the server got it. */
export interface SentStatement {
  text: string;
  /** From sending it until its last row was here. */
  ms: number;
  /** With the values that it had; of a prepared statement also the one for any values. */
  plans: Plan[];
}

export interface StatementRecorder {
  /**
   * Runs the work in a transaction that is rolled back, transactions of the work inside it, and gives what it sent.
   * @param explain also runs each statement once before, under EXPLAIN ANALYZE.
   */
  record(work: () => Promise<unknown>, explain: boolean): Promise<SentStatement[]>;
}

interface Query {
  text: string;
  values?: unknown[];
  name?: string;
}
type Callback = (error: unknown, result?: unknown) => void;
type Send = (query: Query) => Promise<pg.QueryResult<{ 'QUERY PLAN': unknown }>>;

const EXPLAINABLE = /^\s*(select|insert|update|delete|with)\b/i;
const INNER_TRANSACTION: readonly [RegExp, string][] = [
  [/^START TRANSACTION/, 'SAVEPOINT inner_transaction'],
  [/^COMMIT/, 'RELEASE SAVEPOINT inner_transaction'],
  [/^ROLLBACK(?! TO)/, 'ROLLBACK TO SAVEPOINT inner_transaction'],
];

const asInner = (text: string): string => INNER_TRANSACTION.find(([begin]) => begin.test(text))?.[1] ?? text;

const explainOne = async (send: Send, { text, values, name }: Query): Promise<Plan[]> => {
  const explain = async (options: string, bind: unknown[]): Promise<Plan> => {
    const { rows } = await send({ text: `EXPLAIN (${options}, FORMAT JSON) ${text}`, ...(bind.length > 0 && { values: bind }) });
    return readPlan(rows[0]?.['QUERY PLAN']);
  };
  await send({ text: 'SAVEPOINT explained' });
  const plan = await explain('ANALYZE, BUFFERS, TIMING OFF', values ?? []);
  await send({ text: 'ROLLBACK TO SAVEPOINT explained' });
  return name === undefined ? [plan] : [plan, await explain('GENERIC_PLAN', [])];
};

/** Sits between Sequelize, or a prepared statement, and the connection. The pool must have one connection, and nothing was sent on it yet. */
export const createStatementRecorder = (db: Sequelize): StatementRecorder => {
  let recording: { sent: SentStatement[]; explain: boolean } | undefined;
  let send: Send | undefined;

  const sendRecorded = async (real: Send, query: Query) => {
    if (recording === undefined) return real(query);
    if (!EXPLAINABLE.test(query.text)) return real({ ...query, text: asInner(query.text) });
    const { sent, explain } = recording;
    const plans = explain ? await explainOne(real, query) : [];
    const startedAt = performance.now();
    const result = await real(query);
    sent.push({ text: query.text, ms: performance.now() - startedAt, plans });
    return result;
  };

  db.addHook('afterConnect', (connection) => {
    const client = connection as { query: unknown };
    const real: Send = (client.query as Send).bind(connection);
    send = real;
    client.query = (given: string | Query, values?: unknown[] | Callback, callback?: Callback) => {
      const query = typeof given === 'string' ? { text: given, ...(Array.isArray(values) && { values }) } : given;
      const done = typeof values === 'function' ? values : callback;
      const result = sendRecorded(real, query);
      if (done === undefined) return result;
      callbackify(() => result)(done);
      return undefined;
    };
  });

  return {
    async record(work, explain) {
      await db.authenticate();
      if (send === undefined) throw new Error('The database has no connection that could be watched.');
      const sent: SentStatement[] = [];
      await send({ text: 'BEGIN' });
      recording = { sent, explain };
      try {
        await work();
      } finally {
        recording = undefined;
        await send({ text: 'ROLLBACK' });
      }
      return sent;
    },
  };
};

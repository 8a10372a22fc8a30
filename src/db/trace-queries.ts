import type { Sequelize } from 'sequelize';
import { currentTracing } from '../tracing/trace.ts';

const TABLE = /\b(?:from|into|update)\s+"?([a-z_]+)/i;

/** Says of a statement what it does to which table; its values are bound, and its text is not told. */
const describe = (sql: string): { name: string; attributes: Record<string, string> } => {
  const operation = /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? 'SQL';
  const table = TABLE.exec(sql)?.[1];
  return {
    name: table === undefined ? operation : `${operation} ${table}`,
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      ...(table !== undefined && { 'db.collection.name': table }),
    },
  };
};

/** Makes a span of a statement, if it belongs to something that is traced. */
export const tracedStatement = <T>(sql: string, run: () => Promise<T>): Promise<T> => {
  const tracing = currentTracing();
  if (tracing?.current() === undefined) return run();
  const { name, attributes } = describe(sql);
  return tracing.span(name, { kind: 'client', attributes }, run);
};

/** Traces all statements of a pool, those of models too, from now on. */
export const traceQueries = (db: Sequelize): void => {
  type Query = (sql: string | { query: string }, ...rest: unknown[]) => Promise<unknown>;
  const traced = db as unknown as { query: Query };
  const query = traced.query.bind(db);
  traced.query = (sql, ...rest) => tracedStatement(typeof sql === 'string' ? sql : sql.query, () => query(sql, ...rest));
};

import type { DatabaseFinding, SlowStatement } from '../../contracts/database-health.ts';
import { countOf, countText, shareText } from '../../domain/quantity-text.ts';
import type { Ask } from './look.ts';
import { statementText } from './statement-text.ts';

const MOST_STATEMENTS = 20;
const SLOW_MEAN_MS = 1_000;
const LEAST_CALLS = 5;
const OBJECT_CHARACTERS = 60;
/** Others (VACUUM, CREATE INDEX, COPY) take their time by nature. */
const IS_QUERY = /^(select|insert|update|delete|merge|with)\b/i;

interface Extension {
  /** `public.pg_stat_statements`; null where CREATE EXTENSION was not run. */
  view: string | null;
  is_loaded: boolean;
  is_installed: boolean;
  is_readable: boolean;
  /** What lets this role read it. */
  grants: string | null;
}

// The setting is there only where the server has loaded the library; shared_preload_libraries itself is not for everyone to read.
const EXTENSION = `
SELECT quote_ident(n.nspname) || '.pg_stat_statements' AS view, current_setting('pg_stat_statements.max', true) IS NOT NULL AS is_loaded,
  EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS is_installed,
  coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(v.oid, 'SELECT'), false) AS is_readable,
  'GRANT USAGE ON SCHEMA ' || quote_ident(n.nspname) || ' TO ' || quote_ident(current_user) || '; GRANT SELECT ON ' || quote_ident(n.nspname)
    || '.pg_stat_statements TO ' || quote_ident(current_user) || ';' AS grants
FROM (SELECT) one LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements' LEFT JOIN pg_namespace n ON n.oid = e.extnamespace
  LEFT JOIN pg_class v ON v.relnamespace = n.oid AND v.relname = 'pg_stat_statements'`;

const PRELOAD = 'Add pg_stat_statements to shared_preload_libraries and restart the server';
const CREATE = 'CREATE EXTENSION pg_stat_statements;';

/** Why the statements cannot be told, and what would help; undefined when they can. */
const obstacleOf = (extension: Extension): Pick<DatabaseFinding, 'sentence' | 'suggestion' | 'statement'> | undefined => {
  const sentence = (reason: string): string => `The slowest statements cannot be told: ${reason}.`;
  if (extension.view === null && !extension.is_installed)
    return {
      sentence: sentence('the server lacks the extension pg_stat_statements'),
      suggestion: `Install PostgreSQL's contrib package. ${PRELOAD}, then create the extension here.`,
      statement: CREATE,
    };
  if (!extension.is_loaded)
    return {
      sentence: sentence('the server has not loaded pg_stat_statements'),
      suggestion: extension.view === null ? `${PRELOAD}, then create the extension here.` : `${PRELOAD}.`,
      ...(extension.view === null && { statement: CREATE }),
    };
  if (extension.view === null)
    return {
      sentence: sentence('this database lacks the extension pg_stat_statements'),
      suggestion: 'Create the extension, as a superuser.',
      statement: CREATE,
    };
  if (!extension.is_readable)
    return {
      sentence: sentence(`this role may not read ${extension.view}`),
      suggestion: 'Let it read that view.',
      ...(extension.grants !== null && { statement: extension.grants }),
    };
  return undefined;
};

// Statements of other roles have neither id nor text for a role without pg_read_all_stats, but their time counts.
const slowest = (view: string): string => `
SELECT text, calls, total_ms, rows, share FROM (
  SELECT queryid, min(query) AS text, sum(calls)::float8 AS calls, sum(total_exec_time)::float8 AS total_ms, sum(rows)::float8 AS rows,
    sum(total_exec_time) / nullif(sum(sum(total_exec_time)) OVER (), 0) AS share
  FROM ${view} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  GROUP BY queryid
) s WHERE queryid IS NOT NULL ORDER BY total_ms DESC LIMIT ${MOST_STATEMENTS}`;

interface StatementRow {
  text: string;
  calls: number;
  total_ms: number;
  rows: number;
  share: number | null;
}

const slowStatementOf = ({ text, calls, total_ms: totalMs, rows, share }: StatementRow): SlowStatement => ({
  text: statementText(text),
  calls,
  mean_ms: calls === 0 ? 0 : totalMs / calls,
  total_ms: totalMs,
  rows,
  share: share ?? 0,
});

/** @param statements of one database. */
export const slowStatementFindings = (statements: readonly SlowStatement[]): DatabaseFinding[] =>
  statements
    .filter(({ text, calls, mean_ms: meanMs }) => IS_QUERY.test(text) && calls >= LEAST_CALLS && meanMs >= SLOW_MEAN_MS)
    .map((slow) => ({
      kind: 'slow_statement',
      severity: 'warning',
      object: slow.text.length <= OBJECT_CHARACTERS ? slow.text : `${slow.text.slice(0, OBJECT_CHARACTERS - 1)}…`,
      sentence: `This statement takes ${(slow.mean_ms / 1_000).toFixed(1)} s each time (${countOf(slow.calls, 'call')}, ${countText(slow.rows)} rows, ${shareText(slow.share)} of the time of all statements): ${slow.text}`,
      suggestion: 'Look at its plan with EXPLAIN (ANALYZE, BUFFERS) and values of yours; an index or fewer rows may help.',
      facts: { calls: slow.calls, mean_ms: slow.mean_ms, rows: slow.rows, share: slow.share },
    }));

/** The statements that took most of the time, where pg_stat_statements is there; else what is missing. */
export const examineStatements = async (ask: Ask): Promise<{ statements: SlowStatement[]; findings: DatabaseFinding[] }> => {
  const [extension] = await ask<Extension>(EXTENSION);
  const obstacle = extension && obstacleOf(extension);
  if (obstacle !== undefined) {
    const about = { kind: 'statements_unavailable', severity: 'info', object: 'pg_stat_statements' } as const;
    return { statements: [], findings: [{ ...about, ...obstacle, facts: {} }] };
  }
  const statements = (await ask<StatementRow>(slowest(extension?.view ?? ''))).map(slowStatementOf);
  return { statements, findings: slowStatementFindings(statements) };
};

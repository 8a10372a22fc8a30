import { connectDatabase } from '../src/db/connect.ts';
import { migrate } from '../src/db/migrate.ts';
import { selectRow } from '../src/db/query.ts';
import { startPostgres } from '../src/embedded/start-postgres.ts';
import { createCases } from './queries/cases/index.ts';
import { fillVolume } from './queries/fill.ts';
import { largeTables } from './queries/measure-case.ts';
import { measureRow, problemsOf, queryTable } from './queries/report.ts';
import type { QueryRow } from './queries/report.ts';
import { createStatementRecorder } from './queries/record-statements.ts';
import { FULL_VOLUME } from './queries/volume.ts';
import { createWorld } from './queries/world.ts';
import { withCleanup } from './support/cleanup.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { check, say } from './support/say.ts';
import { tempFolder } from './support/temp-folder.ts';

export interface QueriesOptions {
  /** Runs that are filled in; each has a branch on every target. */
  runs: number;
  /** How often each case is asked for its times. */
  times: number;
}

/** Rows of a filled database by table, and its size. */
const COUNTS = `SELECT (SELECT count(*)::int FROM job_executions) AS runs, (SELECT count(*)::int FROM job_execution_branches) AS branches,
  (SELECT count(*)::int FROM job_action_results) AS results, (SELECT count(*)::int FROM job_execution_logs) AS lines,
  (SELECT count(*)::int FROM audit_events) AS audit_events, pg_database_size(current_database())::float8 / 1048576 AS mib`;

/** Asks everything that services and activities ask of a database that is full. @throws BenchFailure naming what is too slow or reads too much. */
export const queries = (options: QueriesOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const postgres = stack.use(await startPostgres({ folder, port: 0, log: say }));
    const db = connectDatabase({ url: postgres.url, poolSize: 1, applicationName: 'bench' });
    stack.defer(() => db.close());
    const recorder = createStatementRecorder(db);
    await migrate(db, 'bench');
    const startedAt = performance.now();
    const filled = await fillVolume(db, postgres.url, { ...FULL_VOLUME, runs: options.runs }, say);
    const fillSeconds = (performance.now() - startedAt) / 1_000;
    const counts = await selectRow(db, COUNTS);
    say(`filled in ${Math.round(fillSeconds)} s: ${JSON.stringify(counts)}`);
    const large = await largeTables(db);
    const rows: QueryRow[] = [];
    for (const one of await createCases(createWorld(db, filled))) {
      say(`${one.name} …`);
      rows.push(await measureRow(recorder, one, large, options.times));
    }
    process.stdout.write(`\nqueries: ${JSON.stringify(counts)}\n${machineLine(machine)}\n\n${queryTable(rows)}\n\n`);
    const problems = rows.flatMap(problemsOf);
    process.stdout.write(
      `${JSON.stringify({ bench: 'queries', at: new Date().toISOString(), ...options, machine, fillSeconds, counts, queries: rows, problems })}\n`,
    );
    check(problems.length === 0, problems.join('\n'));
  });

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCases } from '../../bench/queries/cases/index.ts';
import type { QueryCase } from '../../bench/queries/cases/query-case.ts';
import { fillVolume } from '../../bench/queries/fill.ts';
import { headOf, largeTables, measureCase, rowsReadOf, sequentialScans, wastefulPlan } from '../../bench/queries/measure-case.ts';
import type { Plan } from '../../bench/queries/read-plan.ts';
import type { StatementRecord } from '../../bench/queries/measure-case.ts';
import { createStatementRecorder } from '../../bench/queries/record-statements.ts';
import type { StatementRecorder } from '../../bench/queries/record-statements.ts';
import { createWorld } from '../../bench/queries/world.ts';
import type { World } from '../../bench/queries/world.ts';
import { createActivities } from '../../src/activities/index.ts';
import { createSessionPool } from '../../src/activities/run-action/session-pool.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { listResults } from '../../src/services/executions/read-results.ts';
import { createTestDatabase } from '../support/database.ts';

const FIFTY_THOUSAND_BRANCHES = { runs: 5_000, targets: 10, loudLines: 30_000 };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Sequelize;
let recorder: StatementRecorder;
let large: ReadonlySet<string>;
let world: World;
let cases: QueryCase[];
const statements: { name: string; reads: number | undefined; statement: StatementRecord }[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  db = connectDatabase({ url: database.url, poolSize: 1, applicationName: 'test' });
  recorder = createStatementRecorder(db);
  const filled = await fillVolume(db, database.url, FIFTY_THOUSAND_BRANCHES, () => {});
  large = await largeTables(db);
  world = createWorld(db, filled);
  cases = await createCases(world);
  for (const one of cases) {
    for (const statement of await measureCase(recorder, one, { explained: 3, timed: 0 }))
      statements.push({ name: one.name, reads: one.reads, statement });
  }
}, 300_000);
afterAll(async () => {
  await db.close();
  await database[Symbol.asyncDispose]();
});

describe('with 50,000 branches', () => {
  test('no statement reads a large table from its beginning to its end', () => {
    const found = statements.flatMap(({ name, statement }) =>
      sequentialScans(statement, large).map((table) => `${name}: ${table}: ${headOf(statement)}`),
    );
    expect(found).toEqual([]);
  });

  test('no statement reads many more rows than it gives', () => {
    const found = statements.flatMap(({ name, reads, statement }) => {
      const plan = wastefulPlan(statement, large, reads);
      return plan === undefined ? [] : [`${name}: reads ${rowsReadOf(plan, large)}, gives ${plan.rowsReturned}: ${headOf(statement)}`];
    });
    expect(found).toEqual([]);
  });

  test('the fill has branches, results and lines for each run, and its large tables count as large', async () => {
    const counted = await selectRow(
      db,
      `SELECT (SELECT count(*)::int FROM job_execution_branches) AS branches, (SELECT count(*)::int FROM job_action_results) AS results,
         (SELECT count(*)::int FROM job_execution_logs) AS lines, (SELECT count(*)::int FROM job_execution_logs_default) AS outside`,
    );
    expect(counted).toEqual({ branches: 50_030, results: 100_036, lines: 280_090, outside: 0 });
    for (const table of ['job_executions', 'job_execution_branches', 'job_action_results']) expect(large).toContain(table);
    expect([...large].some((table) => table.startsWith('job_execution_logs_p'))).toBe(true);
    expect([...large].some((table) => table.startsWith('audit_events_p'))).toBe(true);
  });

  test('counters of the fill agree with what they count', async () => {
    const wrong = await selectRows(
      db,
      `SELECT b.branch_serial FROM job_execution_branches b
       WHERE b.last_line_number <> (SELECT count(*) FROM job_execution_logs l WHERE l.branch_id = b.id) AND b.id % 100 < 5
       UNION ALL
       SELECT e.execution_serial FROM job_executions e
       WHERE e.failed_branches <> (SELECT count(*) FROM job_execution_branches b WHERE b.job_execution_id = e.id AND b.status = 'failed')`,
    );
    expect(wrong).toEqual([]);
  });
});

/** Functions of services, and activities, that ask the database nothing themselves. */
const WITHOUT_STATEMENTS = new Set(
  `authorize isLockTimeout iso cursorId pageOfRows revisionOf assertRevision maintenanceRevision settingsRevision profileRevision targetRevision jobRevision executionRevision dangerousPatternsRevision newToken newPassword tokenHash withConstraints hashPassword verifyPassword profileOf storeVariables showVariables
   keepSecrets sealForJob openVariables variableProblems createBoundedMatch definitionOf titleOf actionDefaults prepareDefinition auditedFacts headOf jobValues
   storedForm jobDifferences actionRows actionsProblems missingReferences capabilityProblems assertApprover assertBatchApprover nameMethods plainSecret addressOf keyProblems checkCredentials gather runAction checkActions nestActions checkDefinition
   valuesOfRun probe connectionWeaknesses weakConnections credentialAccess methodChanges auditedProtection auditedMethods authorizeExposure
   checkKeptCredentials settingRevision defaultOf showSetting knownSetting assertNoMaintenance filterValues listEventTypes
   checkKeptCredentials
   keyColumn sealSecret checkSecret methodChange methodRevision credentialRevision
   requireSession shownUser userRevision assertMayManage refuseOwn withFreeNames assertPassword escapeLike readPermissions
   oidcInfo isPublicUrlSecure beginOidcLogin finishOidcLogin createCode sealNote openNote
   namesItsServer methodFor routeOf unableTargets unfitness exitCodeProblem steerText withFault cutOutputs lastBytes maxOutputOf outputColumns
   timeOfScope checkPattern pickFields encodeMessages farewell createRing createSlots createPace createLiveStream
   seenUntil openRunTopic createRunsReader createLiveHub holderOf createTogether
   assertPrimary prepareTarget uncheckedDefinitionOf sheetOfType readDocument formOf reportOf finderOf claim parseYaml openJson createSealer createOpener readBody
   readCsv readYaml resultOf failed parseItem nameIn changesOf valuesOf readRow givenCredentials compareTarget kindsOf readJobItem openedText
   readTargetItem asNewTarget asChangeOfTarget nameOf noteSerial warningsOf summaryOf calendarRevision useText withFreeName checkCalendar
   rulesOf firingRulesOf canonicalDefinition hashOf secretsOf sealVariables openScheduleVariables scheduleRevision scheduleEvent authorizeFirings calendarFeed resolveAgainst inProgress readAllowed assertMayMoveGates hasApprovers checkAuditExport
   assertNoFields assertNotFromCode assertNotExpired compareWithRow parseDefinition leafDifferences readVariables`.split(/\s+/),
);

/** They look at the catalogs, or once a night at all that is old: none of them answers a list, a filter or a page. */
const UPKEEP = new Set([
  'readDatabaseHealth',
  'makeMonthPartitions',
  'watchDefaultPartitions',
  'listRetentionRules',
  'applyRetentionRule',
  'sealAudit',
]);

/** They read all there is of the time that they are asked for, in pages whose statements are those of a case, or once; or all jobs, when somebody gets a user name; or count what there is, for an administrator. */
const OF_ALL_THERE_IS = new Set([
  'assertNoApprover',
  'namesApprover',
  'readAuditStatistics',
  'exportAudit',
  'verifyAuditTrail',
  'readSystemInfo',
]);

/** Asked one by one: it holds a connection for its lock while they use others, of which there is one here. */
const OF_ITS_PARTS = new Set(['applySchedules']);

/** What services export, and all activities. */
const exportedFunctions = async (): Promise<string[]> => {
  const folder = fileURLToPath(new URL('../../src/services', import.meta.url));
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const modules: Record<string, unknown>[] = await Promise.all(files.map((name) => import(join(folder, name))));
  const { activities } = world;
  const exported = [...modules, createActivities(activities, createSessionPool(activities.openSession))];
  return exported.flatMap((module) => Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])));
};

test('every function of a service, and every activity, is in a case or known to ask nothing', async () => {
  const covered = new Set(cases.flatMap((one) => one.covers));
  const all = await exportedFunctions();
  expect(all).toContain('listLogs');
  const known = new Set([...WITHOUT_STATEMENTS, ...UPKEEP, ...OF_ALL_THERE_IS, ...OF_ITS_PARTS]);
  expect(all.filter((name) => !covered.has(name) && !known.has(name))).toEqual([]);
  expect([...known].filter((name) => !all.includes(name))).toEqual([]);
});

describe('the rules themselves', () => {
  const judge = async (sql: string): Promise<StatementRecord> => {
    const [statement] = await measureCase(
      recorder,
      { name: 'one', kind: 'page', covers: [], call: () => selectRows(db, sql) },
      { explained: 1, timed: 0 },
    );
    if (statement === undefined) throw new Error('nothing was sent');
    return statement;
  };

  test('a sequential scan of a large table is found, one of a small table is not', async () => {
    expect(sequentialScans(await judge('SELECT count(result_error) FROM job_execution_branches'), large)).toEqual([
      'job_execution_branches',
    ]);
    expect(sequentialScans(await judge('SELECT count(description) FROM universal_targets'), large)).toEqual([]);
  });

  test('a filter that throws most rows away is found, also behind an index', async () => {
    const one = await judge('SELECT id FROM job_action_results WHERE id < 50000 AND worker_identity IS NULL LIMIT 1 OFFSET 500');
    const plan = wastefulPlan(one, large);
    expect(plan && rowsReadOf(plan, large)).toBeGreaterThan(10_000);
    expect(wastefulPlan(await judge('SELECT id FROM job_action_results WHERE id < 2000'), large)).toBeUndefined();
  });
});

const MANY = 3_000;

/** One run on so many targets, with two results each, the rows of all of them in turns as a wide window writes them. */
const fillWideRun = async (): Promise<string> => {
  const run = await selectRow<{ id: number; serial: string }>(
    db,
    `INSERT INTO job_executions (job_id, execution_serial, execution_number, definition_version, workflow_id, status, completed_at)
     SELECT job_id, split_part(execution_serial, '.', 1) || '.9999', 9999, definition_version, workflow_id || '.9999', 'completed', now()
     FROM job_executions LIMIT 1 RETURNING id, execution_serial AS serial`,
  );
  await selectRows(
    db,
    `WITH new_targets AS (
       INSERT INTO universal_targets (target_serial, name, os_type)
       SELECT 'T2020' || (10000 + n), 'wide-' || n, 'linux' FROM generate_series(1, ${MANY}) n RETURNING id, target_serial, name),
     branches AS (
       INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref, status, completed_at)
       SELECT $1, id, row_number() OVER (), $2 || '.' || lpad((row_number() OVER ())::text, 4, '0'), target_serial, name, 'completed', now() FROM new_targets
       RETURNING id, branch_serial)
     INSERT INTO job_action_results (branch_id, action_serial, action_order, action_name, action_type, status, is_final, completed_at)
     SELECT b.id, b.branch_serial || '.000' || o, o, 'one', 'command', 'completed', true, now() FROM generate_series(1, 2) o, branches b RETURNING 1`,
    [run?.id, run?.serial],
  );
  await db.query('ANALYZE job_execution_branches, job_action_results');
  return run?.serial ?? '';
};

test('a page of the results of a wide run reads what it gives, and all pages give every result once, by target', async () => {
  const serial = await fillWideRun();
  const { services, caller } = world;
  const [statement, ...others] = (
    await measureCase(
      recorder,
      { name: 'results', kind: 'page', covers: [], call: () => listResults(services, caller, serial, { limit: 50 }) },
      { explained: 1, timed: 0 },
    )
  ).filter(({ text }) => text.includes('job_action_results'));
  expect(others).toEqual([]);
  expect(rowsReadOf(statement?.plans[0] as Plan, large)).toBeLessThan(500);
  const seen: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listResults(services, caller, serial, { limit: 500, ...(cursor !== undefined && { cursor }) });
    seen.push(...page.data.map((result) => result.action_serial));
    if (page.next === null) break;
    cursor = page.next;
  }
  expect(seen).toHaveLength(2 * MANY);
  expect(seen).toEqual(seen.toSorted());
});

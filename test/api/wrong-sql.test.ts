import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { countRows } from './support/unchanged.ts';

type Wrong = readonly [title: string, url: string, body: Record<string, unknown>, path: string, message: RegExp];

const LOGIN = { credential_type: 'password', username: 'ops', password: 'SECRET-password' };
const SQL_METHODS = ['mysql', 'postgresql', 'mssql', 'oracle', 'sqlite'] as const;

const jobOf = (parameters: Record<string, unknown>, config: Record<string, unknown> = {}) => ({
  name: 'new',
  actions: [{ action_type: 'database', action_name: 'ask', action_parameters: parameters, action_config: config }],
});

const statement = (title: string, parameters: Record<string, unknown>, path: string, says: RegExp, config = {}): Wrong => [
  title,
  '/api/v1/jobs',
  jobOf({ query: 'SELECT 1', ...parameters }, config),
  `actions.0.${path}`,
  says,
];
const of = (field: string, title: string, parameters: Record<string, unknown>, says: RegExp, config = {}): Wrong =>
  statement(title, parameters, `action_parameters.${field}`, says, config);

const option = (method_type: string, config: Record<string, unknown>, says: RegExp, path = Object.keys(config)[0]): Wrong => [
  `${method_type}: ${JSON.stringify(config)}`,
  '/api/v1/targets',
  { name: 'new', methods: [{ method_type, host: 'db.example.org', credential: LOGIN, config }] },
  `methods.0.config.${path}`,
  says,
];

const QUOTED = /stands inside of quotes, where no value can be bound/;
const CONTRADICTS = /contradicts the query, which does not begin with/;
const PARAMETERS = { parameters: { v: 'x' } };

const EVERY_METHOD: readonly Wrong[] = SQL_METHODS.flatMap((method) => [
  of('query', `${method}: a reference in quotes`, { query: `SELECT '\${params.v}'`, ...PARAMETERS }, QUOTED, { method }),
  of('queryType', `${method}: a DELETE called SELECT`, { query: 'DELETE FROM t', queryType: 'SELECT' }, CONTRADICTS, { method }),
  of('query', `${method}: a comment only`, { query: '-- nothing\n /* at all */ ;' }, /is empty/, { method }),
]);

const STATEMENTS: readonly Wrong[] = [
  of('query', 'no query', { query: undefined }, /expected string/),
  of('query', 'an empty query', { query: '' }, />=1 characters/),
  of('query', 'a query of spaces', { query: ' \n\t' }, /is empty/),
  of('query', 'a query that is a number', { query: 1 }, /expected string/),
  of('queryType', 'an INSERT called UPDATE', { query: 'INSERT INTO t VALUES (1)', queryType: 'UPDATE' }, CONTRADICTS),
  of('queryType', 'a SELECT called DELETE, behind a comment', { query: '/* DELETE */ SELECT 1', queryType: 'DELETE' }, CONTRADICTS),
  of('queryType', 'a definition called INSERT', { query: 'CREATE TABLE t (n int)', queryType: 'INSERT' }, CONTRADICTS),
  of('queryType', 'a word that only begins alike', { query: 'SELECTED', queryType: 'SELECT' }, CONTRADICTS),
  of('queryType', 'a statement called a procedure', { queryType: 'STORED_PROCEDURE' }, /must be the name of a procedure/),
  of('queryType', 'a CALL called a procedure', { query: 'CALL p()', queryType: 'STORED_PROCEDURE' }, /must be the name of a procedure/),
  of('queryType', 'an EXEC called a procedure', { query: 'EXEC p', queryType: 'STORED_PROCEDURE' }, /must be the name of a procedure/),
  of('queryType', 'a kind that there is not', { queryType: 'MERGE' }, /STORED_PROCEDURE/),
  of('queryType', 'a kind in lower case', { queryType: 'select' }, /SELECT/),
  of('queryType', 'a procedure on SQLite', { query: 'p', queryType: 'STORED_PROCEDURE' }, /SQLite has no/, { method: 'sqlite' }),
  of('query', 'a reference in double quotes', { query: 'SELECT * FROM "${params.v}"', ...PARAMETERS }, QUOTED),
  of('query', 'a reference in a longer text', { query: `SELECT 1 FROM t WHERE n LIKE '%\${params.v}%'`, ...PARAMETERS }, QUOTED),
  of('query', 'a reference in backticks', { query: 'SELECT * FROM `${params.v}`', ...PARAMETERS }, QUOTED, { method: 'mysql' }),
  of('query', 'the second of two references in quotes', { query: `SELECT \${params.v}, 'a''\${params.v}'`, ...PARAMETERS }, QUOTED),
  of('query', 'an own placeholder for MySQL', { query: 'SELECT ?' }, /placeholder of its own/, { method: 'mysql' }),
  of('query', 'an own placeholder for SQLite', { query: 'SELECT ?1' }, /placeholder of its own/, { method: 'sqlite' }),
  of('query', 'a parameter that is not given', { query: 'SELECT ${params.absent}' }, /there is no "absent" in the parameters/),
  of('query', 'a variable that is not declared', { query: 'SELECT ${ABSENT}' }, /there is no variable ABSENT/),
  of('query', 'a reference in lower case', { query: 'SELECT ${absent}' }, /names are upper case/),
  of('query', 'a result that there is not', { query: 'SELECT ${actions.absent.output}' }, /no action with the key "absent"/),
  of('query', 'a NUL', { query: 'SELECT 1\u0000' }, /NUL/),
  of('parameters.v', 'a list as a parameter', { parameters: { v: [1] } }, /./),
  of('parameters.V', 'a parameter in upper case', { parameters: { V: 1 } }, /lower case/),
  of('maxRows', 'no rows', { maxRows: 0 }, />=1/),
  of('maxRows', 'a million and one rows', { maxRows: 1_000_001 }, /1000000/),
  of('maxRows', 'half a row', { maxRows: 1.5 }, /int/),
  of('query_type', 'a field in another spelling', { query_type: 'SELECT' }, /is not a field here/),
  of('timeout', 'a field that there is not', { timeout: 5 }, /is not a field here/),
  of('connectionString', 'a scheme that there is not', { connectionString: 'db2://h/d' }, /must begin with one of postgres/),
  of('connectionString', 'no scheme', { connectionString: 'db.example.org/d' }, /must begin with one of/),
  of('connectionString', 'a password in sight', { connectionString: 'mysql://u:SECRET@h/d' }, /holds a password/),
  of('connectionString', 'a password behind the ?', { connectionString: 'mysql://h/d?password=SECRET' }, /holds a password/),
  statement('over SSH', {}, 'action_config.method', /SSH cannot do actions of type database/, { method: 'ssh' }),
  statement('over SMTP', {}, 'action_config.method', /SMTP cannot do actions of type database/, { method: 'smtp' }),
  statement('over SNMP', {}, 'action_config.method', /SNMP cannot do actions of type database/, { method: 'snmp' }),
];

const FILE = { database_path: '/data/app.db' };

const OPTIONS: readonly Wrong[] = [
  option('mysql', { ssl_mode: 'prefer' }, /preferred/),
  option('mysql', { charset: 'utf16' }, /utf8mb4/),
  option('mysql', { ca_certificate: 'SECRET' }, /PEM/),
  option('mysql', { password: 'SECRET' }, /is not a field here/),
  option('mysql', { timeout: 0 }, /1/),
  option('mysql', { multipleStatements: true }, /is not a field here/),
  option('postgresql', { ssl_mode: 'required' }, /require/),
  option('postgresql', { database: '' }, />=1/),
  option('mssql', { encrypt: true }, /yes/),
  option('postgresql', { ssl_mode: 'verify_full' }, /verify-full/),
  option('postgresql', { charset: 'utf8' }, /is not a field here/),
  option('mssql', { encrypt: 'strictly' }, /yes/),
  option('mssql', { database: '' }, />=1/),
  option('oracle', { sid: '' }, />=1/),
  option('oracle', { database: 'x' }, /is not a field here/),
  option('sqlite', {}, /./, 'database_path'),
  option('sqlite', { database_path: 'data/app.db' }, /must be an absolute path on the machine of the worker/),
  option('sqlite', { database_path: '' }, /must be an absolute path/),
  option('sqlite', { database_path: 7 }, /expected string/),
  option('sqlite', { ...FILE, journal_mode: 'MEMORY' }, /without a journal on the disk the file would be damaged/, 'journal_mode'),
  option('sqlite', { ...FILE, journal_mode: 'OFF' }, /without a journal on the disk the file would be damaged/, 'journal_mode'),
  option('sqlite', { ...FILE, journal_mode: 'wal' }, /must be DELETE, TRUNCATE, PERSIST or WAL/, 'journal_mode'),
  option('sqlite', { ...FILE, synchronous: 'normal' }, /NORMAL/, 'synchronous'),
  option('sqlite', { ...FILE, timeout: 0 }, />=1/, 'timeout'),
  option('sqlite', { ...FILE, timeout: 301 }, /<=300/, 'timeout'),
  option('sqlite', { ...FILE, readonly: true }, /is not a field here/, 'readonly'),
  option('oracle', { service_name: 'a', sid: 'b' }, /either service_name or sid/, ''),
];

describe('wrong definitions of SQL', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  test.each([...EVERY_METHOD, ...STATEMENTS, ...OPTIONS])('%s', async (_, url, body, path, message) => {
    const before = await countRows(platform);
    const answer = await platform.api('POST', url, body);
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION']);
    expect(answer.body.errors).toContainEqual({ path: path.replace(/\.$/, ''), message: expect.stringMatching(message) });
    expect(JSON.stringify(answer.body)).not.toContain('SECRET');
    expect(await countRows(platform)).toEqual(before);
  });

  test.each([
    ['a quote that PostgreSQL ends and MySQL goes on with', { query: `SELECT '\\', \${params.v}`, ...PARAMETERS }],
    ['an apostrophe in a comment', { query: `SELECT 1 -- it's\n, \${params.v} -- it's`, ...PARAMETERS }],
    ['an apostrophe in a text of dollars', { query: `SELECT $a$it's$a$, \${params.v}, $a$it's$a$`, ...PARAMETERS }],
    ['a raw name in quotes', { query: 'SELECT * FROM "${raw:params.v}"', ...PARAMETERS }],
    ['quotes around a value of Redis', { query: 'SET k "${params.v}"', ...PARAMETERS }],
    ['a SELECT that begins by WITH', { query: 'WITH a AS (SELECT 1) SELECT * FROM a', queryType: 'SELECT' }],
    ['a verb of a variable', { query: '${raw:params.v} 1', queryType: 'SELECT', ...PARAMETERS }],
    ['an operator ? of PostgreSQL', { query: `SELECT '{}'::jsonb ? 'a'` }],
    ['a procedure with arguments', { query: 'app.p(${params.v})', queryType: 'STORED_PROCEDURE', ...PARAMETERS }],
  ])('%s is taken', async (_, parameters) => {
    const { status, body } = await platform.api('POST', '/api/v1/jobs', jobOf(parameters));
    expect([status, body.errors]).toEqual([201, undefined]);
  });
});

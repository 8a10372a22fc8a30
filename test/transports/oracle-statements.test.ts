import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openOracle } from '../../src/transports/oracle/open-oracle.ts';
import { collectOutput } from '../support/collect-output.ts';
import { PASSWORD, ROWS, startOracle, USER } from '../support/tns-fixture.ts';
import { failureOf, never, querySql, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const LOGIN = { type: 'password', username: USER, password: PASSWORD } as const;

const endpointOf = ({ port }: { port: number }, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('oracle', port, { secret: LOGIN, config: { service_name: 'sales' }, ...fields });

const statement = (text: string) => ({ ...sql``, statement: { segments: [text], values: [] } });

afterEach(() => vi.unstubAllEnvs());

describe.each(['19c', '23ai'] as const)('Oracle statements (a double of %s)', (release) => {
  test('every type of value comes exact, and each may be NULL', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    for (const [name, { json }] of Object.entries(ROWS)) {
      const output = collectOutput();
      await runStatement(session, statement(`SELECT row ${name}`), output.sink);
      await runStatement(session, statement(`SELECT null ${name}`), output.sink);
      expect(output.stdout, name).toBe(`{"V":${json}}\n{"V":null}\n`);
    }
  });

  test('values are bound and come exact: they are no part of the statement', async () => {
    await using server = await startOracle({ release });
    const evil = `'; DROP TABLE t; --`;
    const long = 'ü'.repeat(20_000);
    await using session = await openOracle(endpointOf(server), never);
    const ask = sql`UPDATE changed 1 SET a = ${evil}, b = ${long}, c = ${7}, d = ${-(2 ** 53) + 1}, e = ${0.1}, f = ${1e-7}, g = ${true}, h = ${false}, i = ${null}, j = ${''}`;
    for (const request of [ask, ask]) await runStatement(session, request, collectOutput().sink);
    const values = [evil, long, '7', '-9007199254740991', '0.1', '0.0000001', '1', '0', null, null];
    expect(server.statements).toMatchObject([
      { values, isCommitted: true },
      { values, isCommitted: true },
    ]);
    expect(server.statements[0]?.text).toContain('a = :ops_value_1, b = :ops_value_2');
    expect(server.statements[0]?.text).not.toContain('DROP');
  });

  test('a procedure is called in a block, its values bound, also texts beyond 32767 bytes', async () => {
    await using server = await startOracle({ release });
    const long = 'ü'.repeat(20_000);
    await using session = await openOracle(endpointOf(server), never);
    for (const value of ['a', long, 'b'])
      expect(await runStatement(session, { ...sql`called(${value}, ${21})`, isProcedure: true }, collectOutput().sink)).toMatchObject({
        affectedRows: null,
        rowCount: null,
      });
    await runStatement(session, { ...statement('called'), isProcedure: true }, collectOutput().sink);
    const text = 'BEGIN called(:ops_value_1, :ops_value_2); END;';
    expect(server.statements).toMatchObject([
      { text, values: ['a', '21'] },
      { text, values: [long, '21'] },
      { text, values: ['b', '21'] },
      { text: 'BEGIN called(); END;', values: [] },
    ]);
  });

  test('the rows that a procedure gives of itself come one set after the other', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    const output = collectOutput();
    const result = await runStatement(session, { ...statement('gives(250)'), isProcedure: true }, output.sink);
    expect(result).toMatchObject({ rowCount: 251, isTruncated: false });
    const numbers = output.stdout.split('\n').map((line) => /"N":(\d+)/.exec(line)?.[1]);
    expect([numbers[0], numbers[249], numbers[250]]).toEqual(['0', '249', '0']);
  });

  test('code that does not compile fails, and the connection goes on', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement('CREATE PROCEDURE invalid'), collectOutput().sink));
    expect(code).toBe('QUERY_INVALID');
    expect(message).toContain('compilation errors');
    expect(message).toContain('USER_ERRORS');
    await expect(runStatement(session, statement('UPDATE changed 1'), collectOutput().sink)).resolves.toMatchObject({ affectedRows: 1 });
  });

  test('dates and moments do not depend on the zone of the worker', async () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    expect(new Date('2024-03-31T00:30:00Z').getHours()).toBe(1);
    await using server = await startOracle({ release });
    for (const name of ['springtime', 'date', 'timestamp', 'zoned', 'west', 'local', 'region'])
      expect((await querySql(openOracle, endpointOf(server), statement(`SELECT row ${name}`))).text).toBe(`{"V":${ROWS[name]?.json}}\n`);
  });

  test('rows come over many fetches, and those beyond maxRows are counted only', async () => {
    await using server = await startOracle({ release });
    const { rows, ...result } = await querySql(openOracle, endpointOf(server), statement('SELECT many 10000'));
    expect(result).toMatchObject({ rowCount: 10_000, isTruncated: false, affectedRows: null });
    expect(rows.at(-1)).toEqual({ N: 9_999, LINE: 'x'.repeat(200) });
    const few = await querySql(openOracle, endpointOf(server), { ...statement('SELECT many 250'), maxRows: 100 });
    expect(few).toMatchObject({ rowCount: 100, isTruncated: true, rows: { length: 100 } });
  });

  test.each([
    ['changed 250', { affectedRows: 250, rowCount: null }],
    ['changed 0', { affectedRows: 0, rowCount: null }],
    ['SELECT many 0', { affectedRows: null, rowCount: 0, rows: [] }],
    ['SELECT many 100', { affectedRows: null, rowCount: 100 }],
    ['SELECT nothing', { affectedRows: null, rowCount: 1, rows: [{ V: null }] }],
  ])('%s: rows that changed and rows that came are told', async (text, expected) => {
    await using server = await startOracle({ release });
    const asked = text.startsWith('SELECT') ? text : `UPDATE ${text}`;
    expect(await querySql(openOracle, endpointOf(server), statement(asked))).toMatchObject(expected);
  });

  test('columns of one name are told apart, also where the server leaves out what repeats', async () => {
    await using server = await startOracle({ release });
    const { text } = await querySql(openOracle, endpointOf(server), statement('SELECT twins'));
    expect(text).toBe('{"V":"a","V_2":"b","W":"c","V_3":"d"}\n{"V":"a","V_2":"e","W":"c","V_3":"d"}\n');
  });

  test.each([
    [1, 'unique constraint', ''],
    [60, 'deadlock detected', 'may be run again'],
    [900, 'invalid SQL statement', 'correct it in the job'],
    [942, 'table or view does not exist', 'correct it in the job'],
    [6550, 'must be declared', 'correct it in the job'],
    [12899, 'value too large', ''],
  ])('ORA-%i is told with what to do, and the connection goes on', async (error, says, advice) => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    const { code, message } = await failureOf(runStatement(session, statement(`UPDATE error ${error}`), collectOutput().sink));
    expect(code).toBe(advice === 'correct it in the job' ? 'QUERY_INVALID' : 'QUERY_FAILED');
    expect(message).toContain(`ORA-${String(error).padStart(5, '0')}: `);
    expect(message).toContain(says);
    expect(message).toContain(advice);
    expect(message.includes('correct it')).toBe(advice.includes('correct it'));
    expect(message).not.toMatch(/docs.oracle.com|\n/);
    await expect(runStatement(session, statement('UPDATE changed 1'), collectOutput().sink)).resolves.toMatchObject({ affectedRows: 1 });
    expect(server.logins).toHaveLength(1);
  });
});

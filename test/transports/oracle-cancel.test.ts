import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { openOracle } from '../../src/transports/oracle/open-oracle.ts';
import { collectOutput } from '../support/collect-output.ts';
import { PASSWORD, startOracle, USER } from '../support/tns-fixture.ts';
import { failureOf, never, runStatement, sql, sqlEndpoint } from './support/sql.ts';

const LOGIN = { type: 'password', username: USER, password: PASSWORD } as const;

const endpointOf = ({ port }: { port: number }, fields: Partial<Endpoint> = {}): Endpoint =>
  sqlEndpoint('oracle', port, { secret: LOGIN, config: { service_name: 'sales' }, ...fields });

const cancelled = new Error('cancelled by test');

describe.each(['19c', '23ai'] as const)('Oracle: a cancel, and connections that go (a double of %s)', (release) => {
  test('a cancel ends the statement, and the connection goes on', async () => {
    await using server = await startOracle({ release });
    await using session = await openOracle(endpointOf(server), never);
    const abort = new AbortController();
    const running = failureOf(runStatement(session, sql`UPDATE hangs ${1}`, collectOutput().sink, abort.signal));
    await server.untilAsked('hangs');
    abort.abort(cancelled);
    expect((await running).message).toBe('cancelled by test');
    expect(server.breaks).toBe(1);
    expect(session.isOpen).toBe(true);
    await expect(runStatement(session, sql`UPDATE changed ${3}`, collectOutput().sink)).rejects.toThrow('no answer');
    expect(server.logins).toHaveLength(1);
  });
});

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectionUse } from '../../../src/contracts/database-health.ts';
import { connectionFindings, examineConnections } from '../../../src/db/health/connections.ts';
import { readOpenTransactions, transactionFindings, transactionLook } from '../../../src/db/health/transactions.ts';
import type { OpenTransaction } from '../../../src/db/health/transactions.ts';
import { openHealthDatabase } from '../support/health-database.ts';
import type { HealthDatabase } from '../support/health-database.ts';

let database: HealthDatabase;
beforeAll(async () => {
  database = await openHealthDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const connectAs = async (name: string) => {
  const client = new Client({ connectionString: database.url, application_name: name });
  // One of them is ended by the server.
  client.on('error', () => {});
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  await client.connect();
  return { client, ended, [Symbol.asyncDispose]: () => client.end() };
};

describe('open transactions', () => {
  test('those of this database are seen, with what they hold back; sessions without one are not', async () => {
    await using idle = await connectAs('idle');
    await using writer = await connectAs('writer');
    await using waiter = await connectAs('waiter');
    await idle.client.query('SELECT 1');
    await writer.client.query('BEGIN');
    await writer.client.query('CREATE TABLE mine (n int)');
    await waiter.client.query('BEGIN');
    await waiter.client.query('SELECT 1');
    const found = await readOpenTransactions(database.ask);
    expect(found).toEqual([
      expect.objectContaining({ application: 'writer', state: 'idle in transaction', holds_back_vacuum: true }),
      expect.objectContaining({ application: 'waiter', state: 'idle in transaction', holds_back_vacuum: false }),
    ]);
    expect(await transactionLook(database.ask)).toEqual([]);
    // The same sessions, had they been open for an hour.
    const later = transactionFindings(found.map((one) => ({ ...one, age_seconds: 3_600, state_seconds: 3_500 })));
    expect(later.map(({ kind, object }) => [kind, object])).toEqual([
      ['long_transaction', 'writer'],
      ['idle_in_transaction', 'waiter'],
    ]);
    expect(later[0]?.sentence).toMatch(/^Process \d+ \(writer\) has had a transaction open for 60 minutes, and idle for 58 minutes\./);
    await database.run(later[0]?.statement ?? '');
    await writer.ended;
    expect(await readOpenTransactions(database.ask)).toHaveLength(1);
  });

  const open = (fields: Partial<OpenTransaction>): OpenTransaction => ({
    pid: 4711,
    application: 'report',
    state: 'active',
    age_seconds: 601,
    state_seconds: 601,
    holds_back_vacuum: true,
    ...fields,
  });

  test.each<[string, Partial<OpenTransaction>, string | undefined]>([
    ['open for more than ten minutes', {}, 'long_transaction'],
    ['open for ten minutes', { age_seconds: 600 }, undefined],
    ['that holds nothing back, at work', { holds_back_vacuum: false }, undefined],
    ['idle for more than a minute', { age_seconds: 61, state: 'idle in transaction', state_seconds: 61 }, 'idle_in_transaction'],
    ['that has failed and is idle', { age_seconds: 61, state: 'idle in transaction (aborted)', state_seconds: 61 }, 'idle_in_transaction'],
    ['idle for a minute', { age_seconds: 60, state: 'idle in transaction', state_seconds: 60 }, undefined],
    ['whose state this role may not see', { age_seconds: 61, state: null }, undefined],
  ])('one %s', (_, fields, kind) => {
    expect(transactionFindings([open(fields)])[0]?.kind).toBe(kind);
  });
});

describe('connections', () => {
  test('are counted by application, as the server has them', async () => {
    await using first = await connectAs('some program');
    await using second = await connectAs('some program');
    await using third = await connectAs('');
    await first.client.query('BEGIN');
    await second.client.query('SELECT 1');
    await third.client.query('SELECT 1');
    const { use, findings } = await examineConnections(database.ask);
    expect(use.by_application).toContainEqual({ application: 'some program', total: 2, active: 0, idle: 1, idle_in_transaction: 1 });
    expect(use.by_application.map(({ application }) => application)).toContain('(no name)');
    expect(use).toMatchObject({ max: 200, reserved: 3 });
    expect(use.used).toBe(use.by_application.reduce((sum, { total }) => sum + total, 0));
    expect(use.used).toBeGreaterThanOrEqual(4);
    expect(findings).toEqual([]);
  });

  const taken = (used: number): ConnectionUse => ({
    max: 103,
    reserved: 3,
    used,
    by_application: [{ application: 'opsconductor-api', total: used, active: 0, idle: used, idle_in_transaction: 0 }],
  });

  test.each([
    [79, undefined],
    [80, 'warning'],
    [94, 'warning'],
    [95, 'critical'],
  ])('%d of a hundred that are not reserved: %s', (used, severity) => {
    expect(connectionFindings(taken(used))[0]?.severity).toBe(severity);
  });

  test('are told with who has most of them', () => {
    expect(connectionFindings(taken(96))[0]?.sentence).toBe(
      '96 of 100 connections are taken (96 %; 3 more are for superusers). opsconductor-api has 96. When none is left, OpsConductor cannot work.',
    );
  });
});

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { lookAround } from '../../src/cli/commands/doctor.ts';
import { parseConfig } from '../../src/config.ts';
import { createTestDatabase } from '../support/database.ts';
import { newKeyRing } from '../support/platform.ts';

describe('opsconductor doctor', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'opsc-doctor-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const PORTS = { API: 'OPSCONDUCTOR_PORT', POSTGRES: 'OPSCONDUCTOR_POSTGRES_PORT', TEMPORAL: 'OPSCONDUCTOR_TEMPORAL_PORT' };
  /** As the command prints them. */
  const doctor = async (env: Record<string, string> = {}): Promise<string> => {
    const free = Object.fromEntries([...Object.values(PORTS), 'OPSCONDUCTOR_TEMPORAL_UI_PORT'].map((name) => [name, '0']));
    const findings = await lookAround(parseConfig({ OPSCONDUCTOR_HOME: join(folder, 'home'), ...free, ...env }));
    return findings.map(({ state, what, message }) => `${state} ${what}: ${message}\n`).join('');
  };
  const given = (databaseUrl: string) => ({
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    OPSCONDUCTOR_KEYS: newKeyRing(),
  });
  const changed = (change: (url: URL) => void): string => {
    const url = new URL(inject('templateUrl'));
    change(url);
    return url.href;
  };

  test('the embedded servers have been run, or are noted as not here yet; that stops nothing', async () => {
    const found = await doctor({ OPSCONDUCTOR_CACHE: join(folder, 'cache') });
    expect(found).toMatch(/^ok Postgres: embedded, PostgreSQL \d+, \//m);
    expect(found).toMatch(/^(note Temporal: not here yet: `opsconductor up` downloads it once|ok Temporal: embedded, .* \(PATH, )/m);
    expect(found).toMatch(/^note Key ring: `opsconductor up` makes one/m);
    expect(found).not.toContain('missing');
  });

  test('servers of its own are named with their versions', async () => {
    await using database = await createTestDatabase();
    const found = await doctor(given(database.url));
    expect(found).toMatch(/^ok Postgres: PostgreSQL \d+\.\d+ of DATABASE_URL answers$/m);
    expect(found).toMatch(/^ok Schema: is that of this version$/m);
    expect(found).toMatch(/^ok Temporal: 127\.0\.0\.1:\d+ answers \(namespace default\)$/m);
    expect(found).not.toContain('missing');
  });

  test('a port that is taken is missing, with the variable that changes it', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const port = String((squatter.address() as AddressInfo).port);
    for (const variable of Object.values(PORTS)) {
      const taken = new RegExp(`^missing Ports: Port ${port} for .* is taken by another program: free it, or set ${variable} `, 'm');
      expect(await doctor({ [variable]: port })).toMatch(taken);
    }
    squatter.close();
  });

  test('stores that cannot be used are explained in sentences, without what the driver says or a secret', async () => {
    await using empty = await createTestDatabase('empty');
    const foreign = join(folder, 'no.pem');
    writeFileSync(foreign, 'no certificate\n');
    const cases: [Record<string, string>, RegExp][] = [
      [
        { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
        /Postgres: Nothing listens at 127\.0\.0\.1:1: start the database, or correct/,
      ],
      [
        { DATABASE_URL: changed((url) => (url.password = 'wr0ng-secret')) },
        /Postgres: The database at .* refuses the user .* correct DATABASE_URL/,
      ],
      [{ DATABASE_URL: changed((url) => (url.pathname = '/none')) }, /Postgres: The server at .* has no database "none"/],
      [{ DATABASE_URL: empty.url }, /Schema: .*migrate/],
      [{ TEMPORAL_NAMESPACE: 'nowhere' }, /Temporal: .* answers, but not as a Temporal server with the namespace nowhere/],
      [{ TEMPORAL_TLS_CA: join(folder, 'gone.pem') }, /Temporal: The file of TEMPORAL_TLS_CA cannot be read: .*gone\.pem \(ENOENT\)/],
      [{ TEMPORAL_TLS_CA: foreign }, /Temporal: The file of TEMPORAL_TLS_CA is not in PEM form: .*no\.pem/],
    ];
    for (const [env, expected] of cases) {
      const found = await doctor({ ...given(inject('templateUrl')), ...env });
      expect(found).toMatch(new RegExp(`^missing ${expected.source}`, 'm'));
      expect(found).not.toMatch(/wr0ng-secret|ECONNREFUSED|authentication failed|SequelizeC/);
    }
  });
});

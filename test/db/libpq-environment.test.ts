import { expect, test } from 'vitest';
import { libpqEnvironment } from '../../src/db/backup/libpq-environment.ts';

test('the parts of a URL are unescaped into the variables of libpq, and nothing of our environment is handed on', () => {
  expect(libpqEnvironment('postgresql://us%40er:p%3Aw%2F%25@[::1]:5433/d%20b?sslmode=verify-full&sslrootcert=/ca.pem')).toEqual({
    PGHOST: '::1',
    PGPORT: '5433',
    PGUSER: 'us@er',
    PGPASSWORD: 'p:w/%',
    PGDATABASE: 'd b',
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: '/ca.pem',
    PGAPPNAME: 'opsconductor-db',
    PGCLIENTENCODING: 'UTF8',
    LC_ALL: 'C',
  });
});

test('parts that a URL leaves out are left to libpq; a socket folder and modes that only Node knows are translated', () => {
  const environment = libpqEnvironment('postgresql:///ops?host=/var/run/postgresql&sslmode=no-verify');
  expect(environment).toMatchObject({ PGHOST: '/var/run/postgresql', PGDATABASE: 'ops', PGSSLMODE: 'require' });
  expect(Object.keys(environment)).not.toContain('PGPASSWORD');
});

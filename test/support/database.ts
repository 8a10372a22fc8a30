import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A database of its own, cloned from the migrated template (or empty), removed at the end. */
export interface TestDatabase extends AsyncDisposable {
  url: string;
}

const withDatabase = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
};

const administer = async (sql: string, server: string): Promise<void> => {
  const client = new pg.Client({ connectionString: withDatabase(server, 'postgres') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** @param templateUrl of a migrated database that nobody is connected to; left out: that of the suite. */
export const createTestDatabase = async (
  from: 'template' | 'empty' = 'template',
  templateUrl: string = inject('templateUrl'),
): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const template = new URL(templateUrl).pathname.slice(1);
  await administer(`CREATE DATABASE ${name} TEMPLATE ${from === 'template' ? template : 'template0'}`, templateUrl);
  return {
    url: withDatabase(templateUrl, name),
    [Symbol.asyncDispose]: () => administer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, templateUrl),
  };
};

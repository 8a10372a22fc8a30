import { text } from 'node:stream/consumers';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

/** What the bare server is told: the database, which run it reads, and the bytes that it answers. */
export interface BareOptions {
  databaseUrl: string;
  serial: string;
  body: string;
}

const POOL = 20;

const { databaseUrl, serial, body } = JSON.parse(await text(process.stdin)) as BareOptions;
const pool = new pg.Pool({ connectionString: databaseUrl, max: POOL });
const statement = { name: 'run', text: 'SELECT id FROM job_executions WHERE execution_serial = $1', values: [serial] };

const app = new Hono().get('*', async (c) => {
  await pool.query(statement);
  return c.body(body, 200, { 'content-type': 'application/json' });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => process.stdout.write(`http://127.0.0.1:${port}\n`));

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { findDefaultRows, makeMonthPartitions, PARTITIONED_TABLES } from '../../../src/db/partitions.ts';
import { execute, selectRows } from '../../../src/db/query.ts';
import { openTestDatabase } from '../support/open-database.ts';
import { addJobRow } from '../support/rows.ts';
import { PARTITION_CASES } from './cases.ts';
import { countRows } from './support.ts';

const PAGE = readFileSync(fileURLToPath(new URL('../../../docs/retention.md', import.meta.url)), 'utf8');
const REPAIR = /```sql\n(.*?)```/s.exec(PAGE)?.[1] ?? '';

test.each(PARTITIONED_TABLES)(
  'the repair of docs/retention.md gives rows of a default partition of $table partitions of their own',
  async ({ table, column }) => {
    await using database = await openTestDatabase();
    const { db } = database;
    await addJobRow(db);
    const insert = PARTITION_CASES.find((known) => known.table === table)?.insert ?? '';
    for (const time of ['2031-05-01T00:00:00Z', '2031-05-31T23:59:59.999Z', '2031-12-31T23:59:59Z']) await execute(db, insert, [time]);
    const rows = () => selectRows(db, `SELECT * FROM ${table} ORDER BY id`);
    const before = await rows();
    expect(await makeMonthPartitions(db, new Date('2031-05-10T00:00:00Z'))).toMatchObject({ blocked: [`${table}_p203105`] });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(REPAIR.replaceAll('job_execution_logs', table).replaceAll('timestamp', column));
    await client.end();
    expect(await rows()).toEqual(before);
    expect(await findDefaultRows(db)).toEqual([]);
    expect(await countRows(db, `${table}_p203105`)).toBe(2);
    expect(await countRows(db, `${table}_p203112`)).toBe(1);
    expect(await makeMonthPartitions(db, new Date('2031-05-10T00:00:00Z'))).toMatchObject({ made: [], blocked: [] });
  },
);

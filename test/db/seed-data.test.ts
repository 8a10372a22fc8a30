import { afterAll, beforeAll, expect, test } from 'vitest';
import { Settings } from '../../src/contracts/settings.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { verifyPassword } from '../../src/services/auth/passwords.ts';
import { openTestDatabase } from './support/open-database.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('the settings are all there and have their defaults', async () => {
  const rows = await selectRows<{ setting_key: string; setting_value: unknown }>(
    database.db,
    'SELECT setting_key, setting_value FROM system_settings',
  );
  const stored = Object.fromEntries(rows.map((row) => [row.setting_key, row.setting_value]));
  const defaults = Settings.parse({});
  expect(stored).toMatchObject(defaults);
  expect(await createReadSettings(database.db)()).toEqual(defaults);
});

test('there are 72 device types in 12 categories', async () => {
  const counts = await selectRow(
    database.db,
    `SELECT (SELECT count(*)::int FROM device_types) AS types, (SELECT count(*)::int FROM device_type_categories) AS categories,
       (SELECT count(*)::int FROM device_types WHERE category IS NULL) AS lost`,
  );
  expect(counts).toEqual({ types: 72, categories: 12, lost: 0 });
});

test('the only user is the system, whose password nothing matches', async () => {
  const users = await selectRows(database.db, 'SELECT username, role, password_hash FROM users');
  expect(users).toEqual([{ username: 'system', role: 'admin', password_hash: '!' }]);
  for (const password of ['!', '', 'system', 'admin123']) expect(await verifyPassword('!', password)).toBe(false);
});

test('rules, templates and reports that ship belong to the system', async () => {
  const counts = await selectRow<Record<string, number>>(
    database.db,
    `SELECT (SELECT count(*)::int FROM alert_rules) AS alert_rules, (SELECT count(*)::int FROM analytics_alert_rules) AS analytics_alert_rules,
       (SELECT count(*)::int FROM notification_templates WHERE is_system) AS notification_templates, (SELECT count(*)::int FROM report_templates) AS report_templates`,
  );
  for (const count of Object.values(counts ?? {})) expect(count).toBeGreaterThan(0);
});

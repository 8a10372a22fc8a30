import { expect, test } from 'vitest';
import { Settings } from '../../src/contracts/settings.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { openTestDatabase } from './support/open-database.ts';
import { changeSetting } from './retention/support.ts';

test('a stored value that is not allowed is replaced by the default, told of, and stops no other setting', async () => {
  await using database = await openTestDatabase();
  await changeSetting(database.db, 'max_concurrent_jobs', 5_000);
  await changeSetting(database.db, 'log_retention_days', '30');
  await changeSetting(database.db, 'max_concurrent_targets', 7);
  const warnings: string[] = [];
  const settings = await createReadSettings(database.db, (message) => warnings.push(message))();
  expect(settings).toEqual({ ...Settings.parse({}), max_concurrent_targets: 7 });
  expect(warnings).toHaveLength(2);
  expect(warnings.join()).toMatch(/max_concurrent_jobs .* is 5000.*log_retention_days .* is "30"/s);
});

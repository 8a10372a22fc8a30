import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpsError } from '../../src/domain/ops-error.ts';
import { PASSWORD, addUser } from '../api/support/accounts.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { runSchemathesis } from './schemathesis.ts';
import { addExamples } from '../api/support/examples.ts';

const EXAMPLES = Number(process.env['FUZZ_EXAMPLES'] ?? 100);
const MORE = JSON.parse(process.env['FUZZ_ARGUMENTS'] ?? '[]') as string[];
const ROLES = (process.env['FUZZ_ROLES'] ?? 'viewer,operator,admin').split(',') as ('viewer' | 'operator' | 'admin')[];

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
beforeAll(async () => {
  // Made-up hosts are not to be called: what is fuzzed is the API.
  const openSession = () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'Nothing is called while the API is fuzzed.'));
  platform = await startTestPlatform({ worker: false, openSession, isLimited: true });
  // So high that they are told and never reached.
  await platform.db.query(`UPDATE system_settings SET setting_value = '1000000' WHERE setting_key LIKE 'rate\\_limit\\_%'`);
  platform.services.readSettings.forget?.();
  server = await servePlatform(platform);
  await addExamples(platform);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

test.each(ROLES)('as %s: no 5xx, no status and no answer that the document does not know', async (role) => {
  const { username } = await addUser(role);
  const code = await runSchemathesis({ url: server.url, username, password: PASSWORD, examples: EXAMPLES, more: MORE });
  expect(code).toBe(0);
  // It also throws when an answer had a code that its route does not declare.
  expect((await platform.api('GET', '/api/v1/auth/me')).status).toBe(200);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { OpsError } from '../../src/domain/ops-error.ts';
import { PASSWORD, addUser } from '../api/support/accounts.ts';
import { servePlatform } from '../support/serve-platform.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { runSchemathesis } from './schemathesis.ts';
import { UUID, addExamples } from '../api/support/examples.ts';

const HIGH = 1_000_000;
const EXAMPLES = Number(process.env['FUZZ_EXAMPLES'] ?? 100);
const MORE = JSON.parse(process.env['FUZZ_ARGUMENTS'] ?? '[]') as string[];
const ROLES = (process.env['FUZZ_ROLES'] ?? 'viewer,operator,admin').split(',') as ('viewer' | 'operator' | 'admin')[];

let platform: TestPlatform;
let server: Awaited<ReturnType<typeof servePlatform>>;
beforeAll(async () => {
  // Made-up hosts are not to be called: what is fuzzed is the API.
  const openSession = () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'Nothing is called while the API is fuzzed.'));
  platform = await startTestPlatform({ worker: false, openSession });
  // So high that they are told and never reached, whatever the settings become.
  const readSettings = platform.services.readSettings;
  const high = { rate_limit_token_per_minute: HIGH, rate_limit_address_per_minute: HIGH, rate_limit_login_per_minute: HIGH };
  platform.services.readSettings = Object.assign(async () => ({ ...(await readSettings()), ...high }), {
    forget: () => readSettings.forget?.(),
  });
  server = await servePlatform(platform);
  await addExamples(platform);
  await platform.db.query('UPDATE target_credentials SET credential_uuid = $1', { bind: [UUID] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await platform[Symbol.asyncDispose]();
});

test.each(ROLES)('as %s: no 5xx, no status and no answer that the document does not know', async (role) => {
  const { username } = await addUser(role);
  const code = await runSchemathesis({ url: server.url, username, password: PASSWORD, examples: EXAMPLES, more: MORE });
  expect(code).toBe(0);
  // It also throws when an answer had a code that its route does not declare. The administrator's session is idle for too long by now.
  expect((await platform.call(undefined, 'GET', '/healthz')).status).toBe(200);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ActionInput } from '../../src/contracts/actions/index.ts';
import { DANGEROUS_PATTERNS } from '../../src/contracts/dangerous-patterns.ts';
import { execute } from '../../src/db/query.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { flattenActions } from '../../src/domain/flatten-actions.ts';
import { checkDefinition } from '../../src/services/jobs/check-definition.ts';
import { command } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { auditRows } from './support/audit.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform({ worker: false });
});
afterAll(() => platform[Symbol.asyncDispose]());

const post = (fields: object) => platform.api('POST', '/api/v1/jobs', { name: 'checked', ...fields });

test('references to what is not there are refused, each with its place', async () => {
  const { status, body } = await post({
    actions: [command('echo ${HOME}'), command('echo ${actions.later.output}'), command('x', { action_key: 'later' })],
  });
  expect([status, body.code, body.errors]).toEqual([
    400,
    'VALIDATION',
    [
      { path: 'actions.0.action_parameters.command', message: expect.stringContaining('write $${HOME} or $HOME') },
      { path: 'actions.1.action_parameters.command', message: expect.stringContaining('"later" comes later') },
    ],
  ]);
});

test('a password in a connection string is refused and not repeated', async () => {
  const parameters = { query: 'SELECT 1', connectionString: 'postgresql://ops:hunter2@db/x' };
  const { status, body } = await post({ actions: [{ action_type: 'database', action_name: 'd', action_parameters: parameters }] });
  expect([status, body.errors[0].path]).toEqual([400, 'actions.0.action_parameters.connectionString']);
  expect(JSON.stringify(body)).not.toContain('hunter2');
});

test('a dangerous command needs a confirmation, at an edit too; what was confirmed is in the audit', async () => {
  const actions = [command('rm -rf /etc')];
  const refused = await post({ actions });
  expect([refused.status, refused.body.code, refused.body.errors]).toEqual([
    422,
    'CONFIRMATION_NEEDED',
    [{ path: 'actions.0.action_parameters.command', message: '"rm -rf /etc" is dangerous' }],
  ]);
  const made = await post({ actions, settings: { confirm_dangerous: true } });
  expect([made.status, made.body.settings]).toEqual([201, { confirm_dangerous: true }]);
  const serial: string = made.body.job_serial;
  const edited = await platform.api('PUT', `/api/v1/jobs/${serial}`, { name: 'checked', actions });
  expect([edited.status, edited.body.code]).toEqual([422, 'CONFIRMATION_NEEDED']);
  const events = (await auditRows(platform)).filter((event) => event.resource_id === serial);
  expect(events.map(({ details }) => details)).toEqual([
    expect.objectContaining({ confirmed_dangerous: ['actions.0.action_parameters.command: "rm -rf /etc" is dangerous'] }),
  ]);
});

test('the list of what is dangerous is a setting, which begins as the list of this version', async () => {
  expect((await createReadSettings(platform.db)()).dangerous_command_patterns).toEqual(DANGEROUS_PATTERNS);
  await execute(platform.db, `UPDATE system_settings SET setting_value = '["launch"]' WHERE setting_key = 'dangerous_command_patterns'`);
  const settings = await createReadSettings(platform.db)();
  const check = (text: string) =>
    checkDefinition(flattenActions([ActionInput.parse(command(text))]), { variables: [], settings: {} }, settings);
  expect(check('rm -rf /')).toEqual([]);
  expect(() => check('launch')).toThrow(expect.objectContaining({ code: 'CONFIRMATION_NEEDED' }));
});

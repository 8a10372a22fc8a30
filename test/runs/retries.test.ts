import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import { addTargets, command, runJob, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

interface ResultRow {
  branch_serial: string;
  action_order: number;
  attempt: number;
  is_final: boolean;
  status: string;
  exit_code: number | null;
  skip_reason: string | null;
  error_code: string | null;
}

describe.skipIf(withoutSshd)('what a run does after a failure (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  /** What happens between a login and all that comes after it. */
  let afterLogin = async (): Promise<unknown> => undefined;
  beforeAll(async () => {
    const open = createOpenSession({ deniedNetworks: async () => [] });
    const openSession: typeof open = async (...login) => {
      const session = await open(...login);
      await afterLogin();
      return session;
    };
    [platform, fleet] = await Promise.all([startTestPlatform({ openSession }), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const addTarget = async (body: object): Promise<string> => (await platform.api('POST', '/api/v1/targets', body)).body.target_serial;

  const resultsOf = async (serial: string): Promise<ResultRow[]> =>
    (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;

  const runToEnd = async (targets: string[], actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, targets, actions, fields);
    const run = await platform.untilEnded(serial);
    const branches = (await platform.api('GET', `/api/v1/executions/${serial}/branches`)).body.data;
    return { serial, run, branches, results: await resultsOf(serial) };
  };

  test('a command that fails twice is tried three times; only the last try is final', async () => {
    const count = `echo x >>${fleet.folder}/tries; [ "$(wc -l <${fleet.folder}/tries)" -ge 3 ]`;
    const { run, results } = await runToEnd([target], [command(count, { retry_count: 5, retry_delay_seconds: 1 })]);
    expect(run.status).toBe('completed');
    expect(results.map(({ attempt, status, exit_code: exitCode, is_final: isFinal }) => [attempt, status, exitCode, isFinal])).toEqual([
      [1, 'failed', 1, false],
      [2, 'failed', 1, false],
      [3, 'completed', 0, true],
    ]);
  });

  test('a command that goes on failing fails for good after its tries; the job gives the number where the action does not', async () => {
    const { run, results } = await runToEnd([target], [command('exit 9', { retry_delay_seconds: 1 })], { retry_count: 1 });
    expect(run.status).toBe('failed');
    expect(results.map(({ attempt, exit_code: exitCode, is_final: isFinal }) => [attempt, exitCode, isFinal])).toEqual([
      [1, 9, false],
      [2, 9, true],
    ]);
  });

  test('a login that is rejected is not tried again', async () => {
    const stranger = await addTarget(targetOf({ ...fleet, privateKey: createKeyPair().privateKey }, 20));
    const { branches, results } = await runToEnd([stranger], [command('true', { retry_count: 3 })]);
    expect(results).toMatchObject([{ attempt: 1, is_final: true, status: 'failed', error_code: 'LOGIN_REJECTED', exit_code: null }]);
    expect(branches).toMatchObject([{ status: 'failed', failure_category: 'authentication', fault: 'credentials', exit_code: null }]);
  });

  test('a target on which nothing listens fails alone', async () => {
    const down = await addTarget(targetOf({ ...fleet, port: await freePort() }, 21));
    const { run, branches } = await runToEnd([target, down], [command('true')]);
    expect(run).toMatchObject({ status: 'failed', completed_branches: 1, failed_branches: 1 });
    expect(branches).toMatchObject([
      { target_serial: target, status: 'completed' },
      { target_serial: down, status: 'failed', failure_category: 'communication', error_code: 'CONNECTION_REFUSED', fault: 'network' },
    ]);
  });

  test('a host that shows another key than before gets neither login nor command', async () => {
    const changed = await addTarget(targetOf(fleet, 22));
    expect((await runToEnd([changed], [command('true')])).run.status).toBe('completed');
    await execute(
      platform.db,
      `UPDATE target_communication_methods m SET host_key_fingerprint = 'SHA256:' || repeat('A', 43) FROM universal_targets t
       WHERE t.id = m.target_id AND t.target_serial = $1 AND m.host_key_fingerprint LIKE 'SHA256:%'`,
      [changed],
    );
    const { branches } = await runToEnd([changed], [command(`touch ${fleet.folder}/ran-on-stranger`)]);
    expect(branches).toMatchObject([{ status: 'failed', failure_category: 'communication', error_code: 'HOST_KEY_CHANGED' }]);
    const look = await runToEnd([target], [command(`[ ! -e ${fleet.folder}/ran-on-stranger ]`)]);
    expect(look.run.status).toBe('completed');
  });

  test('the key of a host is not pinned to where the method was moved during the login', async () => {
    const moved = await addTarget(targetOf(fleet, 23));
    const method = `target_communication_methods m SET port = 1 FROM universal_targets t WHERE t.id = m.target_id AND t.target_serial = $1`;
    afterLogin = () => execute(platform.db, `UPDATE ${method}`, [moved]);
    const { run } = await runToEnd([moved], [command('true')]);
    afterLogin = async () => undefined;
    expect(run.status).toBe('completed');
    const pinned = await selectRow(
      platform.db,
      `SELECT m.port, m.host_key_fingerprint FROM target_communication_methods m JOIN universal_targets t ON t.id = m.target_id WHERE t.target_serial = $1`,
      [moved],
    );
    expect(pinned).toEqual({ port: 1, host_key_fingerprint: null });
  });

  test.each([
    ['continue', 'completed', ['completed', 'failed', 'completed'], null],
    ['skip_remaining', 'failed', ['completed', 'failed', 'skipped'], 'skip_remaining'],
    ['stop', 'failed', ['completed', 'failed', 'skipped'], 'branch_stopped'],
  ])('on_failure %s ends the branch %s', async (onFailure, end, statuses, skipReason) => {
    const { run, results } = await runToEnd([target], [command('true'), command('exit 2', { on_failure: onFailure }), command('true')]);
    expect(run.status).toBe(end);
    expect(results.map(({ status }) => status)).toEqual(statuses);
    expect(results[2]?.skip_reason).toBe(skipReason);
  });

  test('a disabled action is skipped as that, and the others run', async () => {
    const { run, results } = await runToEnd([target], [command('true'), command('exit 1', { is_enabled: false }), command('true')]);
    expect(run.status).toBe('completed');
    expect(
      results.toSorted((a, b) => a.action_order - b.action_order).map(({ status, skip_reason: skipReason }) => [status, skipReason]),
    ).toEqual([
      ['completed', null],
      ['skipped', 'disabled'],
      ['completed', null],
    ]);
  });

  test('the actions and tries of a branch use one connection', async () => {
    const again = command(`[ -e ${fleet.folder}/again ] || { touch ${fleet.folder}/again; exit 1; }`, {
      retry_count: 1,
      retry_delay_seconds: 1,
    });
    const { serial, run } = await runToEnd(
      [target],
      [command('true'), command('exit 3', { on_failure: 'continue' }), again, command('true')],
    );
    expect(run.status).toBe('completed');
    const { body } = await platform.api('GET', `/api/v1/executions/${serial}/logs`);
    const logins = body.data.filter((line: { log_message: string }) => line.log_message.startsWith('Connected to'));
    expect(logins).toHaveLength(1);
  });
});

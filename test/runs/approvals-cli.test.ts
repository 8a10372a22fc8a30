import { once } from 'node:events';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow } from '../../src/db/query.ts';
import { parseKeyRing } from '../../src/db/seal.ts';
import { addApiToken, addSession, addUser } from '../api/support/accounts.ts';
import { auditRows, isSigned } from '../api/support/audit.ts';
import { startCli } from '../support/cli-process.ts';
import { endMarked } from '../support/end-marked.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { isIn, resultsOf, untilResults } from '../support/until-results.ts';

const ADMINS = [{ type: 'role', value: 'admin' }];
const approval = (name: string, parameters: object = {}, fields: object = {}) => ({
  action_type: 'approval',
  action_name: name,
  action_parameters: { approvers: ADMINS, message: `Restart ${name}?`, ...parameters },
  ...fields,
});
const parallel = (actions: object[]) => ({ action_type: 'parallel', action_name: 'block', action_parameters: { actions } });

describe.skipIf(withoutSshd)('approvals and lost actions from the command line (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let server: ServerType;
  let url: string;
  let target: string;
  let operator: { name: string; token: string };
  let viewer: { name: string; token: string };
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
    const person = async (role: 'operator' | 'viewer') => {
      const user = await addUser(role);
      return { name: user.username, token: await addSession(user) };
    };
    [operator, viewer] = await Promise.all([person('operator'), person('viewer')]);
    await new Promise<void>((resolve) => {
      server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        url = `http://127.0.0.1:${info.port}`;
        resolve();
      });
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const cliAs = async (token: string, ...args: string[]): Promise<{ code: number; output: string }> => {
    const process = startCli(args, { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: token, COLUMNS: '300' });
    const [code] = (await once(process.child, 'close')) as [number];
    return { code, output: process.output() };
  };
  const cli = (...args: string[]) => cliAs(platform.token, ...args);
  const waitingOf = async (serial: string): Promise<{ action_name: string }[]> =>
    (await platform.api('GET', `/api/v1/executions/approvals?execution=${serial}`)).body.data;
  /** A run in which so many approvals wait. */
  const startAsking = async (actions: object[], count: number): Promise<string> => {
    const { serial } = await runJob(platform, [target], actions);
    await untilResults(
      platform,
      serial,
      (rows) => rows.filter(({ action_type, status }) => action_type === 'approval' && status === 'running').length >= count,
    );
    return serial;
  };
  const auditOf = async (serial: string, action: string) =>
    (await auditRows(platform)).filter((event) => event.resource_id === serial && event.action === action);

  test('what waits is listed: question, who may answer, and what becomes of it without an answer', async () => {
    const serial = await startAsking(
      [parallel([approval('db'), approval('web', { approvers: [{ type: 'user', value: operator.name }, ...ADMINS], onTimeout: 'skip' })])],
      2,
    );
    const listed = await cli('runs', 'approvals', '--run', serial);
    expect(listed.code).toBe(0);
    expect(listed.output).toMatch(/^ACTION +JOB +TARGET +QUESTION +APPROVERS +WITHOUT ANSWER\n/);
    expect(listed.output).toMatch(new RegExp(`${serial}\\.0001\\.0002 +test job +host-1 +Restart db\\? +role admin +fail at \\d{4}-`));
    expect(listed.output).toMatch(
      new RegExp(`${serial}\\.0001\\.0003 +test job +host-1 +Restart web\\? +${operator.name}, role admin +skip at`),
    );
    expect(listed.output).toContain('Answer with: opsconductor runs approve|reject ACTION\n');
    const json = await cli('runs', 'approvals', '--run', serial, '--json');
    expect(JSON.parse(json.output.slice(0, json.output.lastIndexOf(']') + 1))).toEqual(await waitingOf(serial));
    await cli('runs', 'approve', serial, '--all');
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await cli('runs', 'approvals', '--run', serial)).toEqual({ code: 0, output: 'No action waits for an answer.\n' });
  });

  test('an action is approved with a note: on the record, and signed in the audit', async () => {
    const serial = await startAsking([approval('db'), command('true', { action_name: 'after' })], 1);
    const action = `${serial}.0001.0001`;
    expect(await cli('runs', 'approve', action, '--note', 'window is open')).toEqual({
      code: 0,
      output: `Action ${action} is approved.\n`,
    });
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect((await resultsOf(platform, serial))[0]).toMatchObject({
      status: 'completed',
      resolution: 'approved',
      resolution_note: 'window is open',
      resolved_by: 'admin',
    });
    const audit = await auditOf(serial, 'answer_approval');
    expect(audit).toMatchObject([{ actor_type: 'user', details: { action, answer: 'approved', note: 'window is open' } }]);
    expect(audit.every((event) => isSigned(parseKeyRing(platform.keyRingText).auditKey, event))).toBe(true);
    const late = await cli('runs', 'reject', action);
    expect(late).toEqual({ code: 2, output: `error: Approval ${action} has ended (approved); it waits for no answer.\n` });
    expect(await auditOf(serial, 'answer_approval')).toHaveLength(1);
  });

  test('a rejection ends the branch by the person who gave it', async () => {
    const serial = await startAsking([approval('db', { approvers: [{ type: 'user', value: operator.name }] }), command('true')], 1);
    const action = `${serial}.0001.0001`;
    expect(await cliAs(operator.token, 'runs', 'reject', action, '--note', 'not today')).toEqual({
      code: 0,
      output: `Action ${action} is rejected.\n`,
    });
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'failed', failed_branches: 1 });
    expect((await resultsOf(platform, serial))[0]).toMatchObject({
      error_code: 'APPROVAL_REJECTED',
      fault: 'a person',
      resolved_by: operator.name,
      resolution_note: 'not today',
    });
    expect(await auditOf(serial, 'answer_approval')).toMatchObject([{ details: { answer: 'rejected', note: 'not today' } }]);
  });

  test('who may not answer is refused, and so is what is no approval: it goes on waiting, and nothing is in the audit', async () => {
    const serial = await startAsking(
      [parallel([approval('db', { approvers: [{ type: 'user', value: operator.name }] }), command('echo x')])],
      1,
    );
    const action = `${serial}.0001.0002`;
    const refusals: [args: string[], token: string, code: number, message: string][] = [
      [[action], platform.token, 4, `Approval ${action} is to be answered by ${operator.name}, not by admin.`],
      [[action], viewer.token, 4, `${viewer.name} (viewer) lacks the permission approvals.answer. An administrator can grant it.`],
      [[`${serial}.0001.0003`], operator.token, 2, `Execution ${serial} has no approval ${serial}.0001.0003, or has not come to it yet.`],
      [[`${serial}.0001.0099`], operator.token, 2, `Execution ${serial} has no approval ${serial}.0001.0099, or has not come to it yet.`],
      [
        ['J20250001.0001.0001.0001'],
        operator.token,
        2,
        'Execution J20250001.0001 has no approval J20250001.0001.0001.0001, or has not come to it yet.',
      ],
      [['J20250001.0001'], operator.token, 2, 'There is no execution J20250001.0001.'],
      [
        [serial],
        operator.token,
        2,
        `Execution ${serial} waits for no approval of its next batch. Its actions may wait for one: see \`runs approvals --run ${serial}\`.`,
      ],
      [[`${serial}.0001`], operator.token, 2, 'serial: must be an execution serial such as J20250001.0001'],
      [['web-3'], operator.token, 2, 'serial: must be an execution serial such as J20250001.0001'],
      [[], operator.token, 2, "missing required argument 'serial'"],
    ];
    for (const [args, token, code, message] of refusals)
      expect(await cliAs(token, 'runs', 'approve', ...args)).toEqual({ code, output: `error: ${message}\n` });
    expect(await waitingOf(serial)).toHaveLength(1);
    expect(await auditOf(serial, 'answer_approval')).toEqual([]);
    await cliAs(operator.token, 'runs', 'approve', action);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
  });

  test('--all answers what the person may answer and names the rest; where nothing waits it is refused', async () => {
    const serial = await startAsking(
      [parallel([approval('a'), approval('b', { approvers: [{ type: 'user', value: operator.name }] }), approval('c')])],
      3,
    );
    const action = `${serial}.0001.0003`;
    expect(await cli('runs', 'approve', serial, '--all', '--note', 'go')).toEqual({
      code: 4,
      output: `error: 2 of 3 actions that waited are approved. Approval ${action} is to be answered by ${operator.name}, not by admin.\n`,
    });
    expect((await waitingOf(serial)).map((one) => one.action_name)).toEqual(['b']);
    expect(await cliAs(operator.token, 'runs', 'reject', serial, '--all')).toEqual({
      code: 0,
      output: '1 of 1 actions that waited is rejected.\n',
    });
    expect((await platform.untilEnded(serial)).status).toBe('failed');
    expect(await cli('runs', 'approve', serial, '--all')).toEqual({
      code: 2,
      output: `error: No action of run ${serial} waits for an answer.\n`,
    });
    expect((await auditOf(serial, 'answer_approval')).map(({ details }) => details)).toEqual([
      { action: `${serial}.0001.0002`, answer: 'approved', note: 'go' },
      { action: `${serial}.0001.0004`, answer: 'approved', note: 'go' },
      { action, answer: 'rejected' },
    ]);
  });

  test('nobody answers in time: the audit has the clock in place of a person', async () => {
    const { serial } = await runJob(platform, [target], [approval('db', { timeoutSeconds: 1, onTimeout: 'approve' })]);
    expect((await platform.untilEnded(serial)).status).toBe('completed');
    expect(await auditOf(serial, 'answer_approval')).toMatchObject([
      { actor_type: 'system', user_id: null, details: { answer: 'expired' } },
    ]);
  });

  test('a lost action is listed, and what became of it told once: on the record, in the log of the run and in the audit', async () => {
    // The target's side of the connection dies with the program under way.
    const dies = 'p=$$; while [ "$(ps -o comm= -p $p)" != sshd ]; do p=$(ps -o ppid= -p $p | tr -d " "); done; kill -9 $p; sleep 300';
    const { serial } = await runJob(platform, [target], [command(dies, { action_name: 'restart' })]);
    const action = `${serial}.0001.0001`;
    await platform.untilEnded(serial);
    endMarked(`${action}/1/1`);
    const lost = await cli('runs', 'lost', serial);
    expect(lost.code).toBe(0);
    const told = `The outcome of 1 action(s) is not known: look at their targets, then say what happened. See: opsconductor runs lost ${serial}`;
    expect((await cli('runs', 'show', serial)).output).toContain(told);
    expect((await cli('runs', 'list')).output).toMatch(new RegExp(`^${serial} +.* 1 +1 +1 +\\d{4}-`, 'm'));
    expect(lost.output).toMatch(/^ACTION +TARGET +NAME +STARTED +WHY\n/);
    expect(lost.output).toMatch(new RegExp(`${action} +${target} +restart +\\d{4}-.* may still run there`));
    expect(lost.output).toContain('then: opsconductor runs resolve ACTION --outcome succeeded|failed|not_run');

    const resolve = (token: string, ...args: string[]) => cliAs(token, 'runs', 'resolve', action, ...args);
    const wrong: [Awaited<ReturnType<typeof resolve>>, number, string][] = [
      [await resolve(viewer.token, '--outcome', 'failed', '--note', 'x'), 4, 'lacks the permission executions.steer'],
      [await resolve(operator.token, '--outcome', 'maybe', '--note', 'x'), 2, 'Allowed choices are succeeded, failed, not_run'],
      [await resolve(operator.token, '--outcome', 'failed'), 2, "required option '--note <text>' not specified"],
      [await resolve(operator.token, '--outcome', 'failed', '--note', ''), 2, 'note: '],
      [
        await cli('runs', 'resolve', serial, '--outcome', 'failed', '--note', 'x'),
        2,
        'is no serial of an action, such as J20250001.0001.0001.0002.',
      ],
      [await cli('runs', 'resolve', `${serial}.0001.0009`, '--outcome', 'failed', '--note', 'x'), 2, 'or has not come to it yet'],
    ];
    for (const [{ code, output }, expected, message] of wrong) expect([code, output]).toEqual([expected, expect.stringContaining(message)]);
    expect(await auditOf(serial, 'resolve_attempt')).toEqual([]);

    expect(await resolve(operator.token, '--outcome', 'succeeded', '--note', 'uptime says so')).toEqual({
      code: 0,
      output: `Noted of ${action}: succeeded. The attempt stays failed; retry its target with \`runs retry\` where that is right.\n`,
    });
    expect(await resolve(operator.token, '--outcome', 'failed', '--note', 'no')).toEqual({
      code: 2,
      output: `error: ${action} was resolved before (succeeded).\n`,
    });
    expect(await cli('runs', 'lost', serial)).toEqual({ code: 0, output: 'The outcome of every action is known.\n' });
    expect((await cli('runs', 'show', serial)).output).not.toContain('is not known');
    expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body.unresolved_attempts).toBe(0);
    expect((await resultsOf(platform, serial))[0]).toMatchObject({ status: 'failed', resolution: 'succeeded', resolved_by: operator.name });
    expect(await auditOf(serial, 'resolve_attempt')).toMatchObject([
      { event_type: 'execution_changed', details: { action, outcome: 'succeeded', note: 'uptime says so' } },
    ]);
    const { body: log } = await platform.api('GET', `/api/v1/executions/${serial}/logs?limit=500`);
    expect(log.data.map((line: { log_message: string }) => line.log_message)).toContain(
      `${operator.name} says of ${action}: it had succeeded. uptime says so`,
    );
  });

  test('an action whose outcome is known is not resolved, and a run that is not there has nothing lost', async () => {
    const { serial } = await runJob(platform, [target], [command('exit 3')]);
    await platform.untilEnded(serial);
    const known = await cli('runs', 'resolve', `${serial}.0001.0001`, '--outcome', 'failed', '--note', 'x');
    expect([known.code, known.output]).toEqual([
      2,
      expect.stringContaining('is known; a person resolves only what may or may not have run'),
    ]);
    expect(await cli('runs', 'lost', 'J20250001.0001')).toEqual({ code: 2, output: 'error: There is no execution J20250001.0001.\n' });
  });

  describe('the same by the API', () => {
    const answer = (serial: string, token: string, action: string, body: object) =>
      platform.call(token, 'POST', `/api/v1/executions/${serial}/actions/${action}/answer`, body);

    test('wrong answers are refused with their field or reason, and a token of a script answers in its own name', async () => {
      const serial = await startAsking([approval('db', { approvers: [{ type: 'role', value: 'operator' }] })], 1);
      const action = `${serial}.0001.0001`;
      for (const [body, path] of [
        [{}, 'answer'],
        [{ answer: 'yes' }, 'answer'],
        [{ answer: 'approved', note: '' }, 'note'],
        [{ answer: 'approved', comment: 'x' }, 'comment'],
      ] as const) {
        const { status, body: problem } = await answer(serial, operator.token, action, body);
        expect([status, problem.errors[0].path]).toEqual([400, path]);
      }
      expect((await answer(serial, platform.token, action, { answer: 'approved' })).status).toBe(403);
      expect((await answer(serial, viewer.token, action, { answer: 'approved' })).status).toBe(403);
      expect((await answer('J20250001.0001', operator.token, action, { answer: 'approved' })).status).toBe(404);
      const user = await addUser('operator');
      const token = await addApiToken(user, ['approvals.answer', 'executions.read']);
      expect(await answer(serial, token, action, { answer: 'approved' })).toMatchObject({
        status: 200,
        body: { resolved_by: user.username },
      });
      expect((await answer(serial, operator.token, action, { answer: 'approved' })).status).toBe(409);
      expect((await platform.untilEnded(serial)).status).toBe('completed');
      expect(await auditOf(serial, 'answer_approval')).toMatchObject([{ actor_type: 'api_token', user_id: user.id }]);
    });

    test('an answer to one turn of a loop is not taken for the next one, which nobody has seen', async () => {
      const loop = { conditionType: 'for', expression: '["a", "b"]', loop: [approval('turn')] };
      const serial = await startAsking([{ action_type: 'condition', action_name: 'loop', action_parameters: loop }], 1);
      const action = `${serial}.0001.0002`;
      expect((await answer(serial, platform.token, action, { answer: 'approved' })).status).toBe(200);
      await untilResults(platform, serial, isIn('turn', 'running', 2));
      const { workflow_id: id } = (await selectRow<{ workflow_id: string }>(
        platform.db,
        'SELECT workflow_id FROM job_execution_branches WHERE branch_serial = $1',
        [`${serial}.0001`],
      )) ?? { workflow_id: '' };
      const late = { order: 2, iteration: 1, answer: 'approved', actor: { type: 'user', userId: 1 }, note: null } as const;
      expect(await platform.services.answerApproval(id, late)).toBe('refused');
      const answered = await answer(serial, platform.token, action, { answer: 'approved', iteration: 1 });
      expect(answered).toMatchObject({ status: 409, body: { detail: expect.stringContaining('waits in turn 2 of its loop, not in 1') } });
      expect((await answer(serial, platform.token, action, { answer: 'rejected' })).status).toBe(200);
      expect((await platform.untilEnded(serial)).status).toBe('failed');
    });

    test('of two answers at the same moment one counts', async () => {
      const serial = await startAsking([approval('db', { approvers: [{ type: 'role', value: 'operator' }, ...ADMINS] })], 1);
      const action = `${serial}.0001.0001`;
      const answers = await Promise.all([
        answer(serial, operator.token, action, { answer: 'approved' }),
        answer(serial, platform.token, action, { answer: 'rejected' }),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
      await platform.untilEnded(serial);
      const [row] = await resultsOf(platform, serial);
      expect([row?.resolution, row?.resolved_by]).toEqual(answers[0]?.status === 200 ? ['approved', operator.name] : ['rejected', 'admin']);
      expect(await auditOf(serial, 'answer_approval')).toHaveLength(1);
    });
  });
});

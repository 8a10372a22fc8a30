import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { runJob } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startSmtpServer, withoutSmtpd } from '../support/smtp-fixture.ts';
import type { SmtpFixture } from '../support/smtp-fixture.ts';

const email = (parameters: Record<string, unknown>, fields: Record<string, unknown> = {}) => ({
  action_type: 'email',
  action_name: 'tell',
  action_parameters: { to: ['ann@example.org'], subject: 'done', body: 'Done.\n', ...parameters },
  ...fields,
});

describe.skipIf(withoutSmtpd)('email actions of a run (aiosmtpd)', () => {
  let platform: TestPlatform;
  let server: SmtpFixture;
  let target: string;
  beforeAll(async () => {
    [platform, server] = await Promise.all([startTestPlatform(), startSmtpServer('starttls')]);
    const method = {
      method_type: 'smtp',
      host: '127.0.0.1',
      port: server.port,
      config: { encryption: 'starttls', ca_certificate: server.pem, from: 'ops@example.org' },
      credential: { credential_type: 'password', username: 'mailer', password: server.password },
    };
    const added = await platform.api('POST', '/api/v1/targets', { name: 'mail', methods: [method] });
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    target = added.body.target_serial;
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = async (action: object, fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], [action], fields);
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return { serial, result: data[0] };
  };

  const logOf = (serial: string) =>
    selectRows<{ log_message: string }>(
      platform.db,
      `SELECT l.log_message FROM job_execution_logs l JOIN job_executions e ON e.id = l.job_execution_id WHERE e.execution_serial = $1`,
      [serial],
    );

  test('the mail arrives with the values of variables, and the log tells who got it', async () => {
    const variables = [
      { key: 'WHO', value: 'bob@example.org' },
      { key: 'PLACE', value: 'Zürich <b>' },
    ];
    const attachments = [{ filename: 'report.txt', content: 'in ${PLACE}' }];
    const parameters = { to: ['Bob <${WHO}>'], cc: ['ann@example.org'], subject: 'in ${PLACE}', body: 'First ${PLACE}', attachments };
    const { serial, result } = await run(email(parameters), { variables });
    expect(result).toMatchObject({
      status: 'completed',
      result_output: '250 2.0.0 queued as 4711\n',
      command_executed: 'to: Bob <bob@example.org>\ncc: ann@example.org\nsubject: in Zürich <b>',
    });
    const { content, ...envelope } = await server.taken('Bob <bob@example.org>');
    expect(envelope).toEqual({
      from: 'ops@example.org',
      to: ['bob@example.org', 'ann@example.org'],
      login: 'mailer',
      tls: true,
      helo: expect.any(String),
    });
    expect(content).toContain('Subject: =?UTF-8?Q?in_Z=C3=BCrich_=3Cb=3E?=');
    expect(content).toContain('First Z=C3=BCrich <b>');
    expect(content).toContain(Buffer.from('in Zürich <b>').toString('base64'));
    const [, id] = /Message-ID:\s+<(.+)@opsconductor>/.exec(content) ?? [];
    const lines = (await logOf(serial)).map(({ log_message }) => log_message);
    expect(lines).toContain(`Mail <${id}@opsconductor> was accepted for bob@example.org, ann@example.org.`);
  });

  test('attachments: bytes in Base64 with their type, and a file that is kept, as it is', async () => {
    const bytes = Buffer.from([0, 1, 254, 255, 10]);
    const kept = await platform.app.request('/api/v1/artifacts?name=report.csv', {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream' },
      body: 'a;b\n1;2\n',
    });
    const { artifact_uuid: artifact } = (await kept.json()) as { artifact_uuid: string };
    const attachments = [
      { filename: 'dot.bin', content_base64: bytes.toString('base64'), content_type: 'image/png' },
      { filename: 'report.csv', artifact: '${REPORT}', content_type: 'text/csv; charset=utf-8' },
    ];
    const { result } = await run(email({ to: ['ann@example.org'], subject: 'attached', attachments }), {
      variables: [{ key: 'REPORT', value: artifact }],
    });
    expect(result).toMatchObject({ status: 'completed' });
    const { content } = await server.taken('Subject: attached');
    expect(content).toMatch(/Content-Type: image\/png; name=dot\.bin/);
    expect(content).toContain(bytes.toString('base64'));
    expect(content).toMatch(/Content-Type: text\/csv; charset=utf-8; name=report\.csv/);
    expect(content).toContain(Buffer.from('a;b\n1;2\n').toString('base64'));
  });

  test('an attachment whose file is not there fails the action before anything is sent', async () => {
    const attachments = [{ filename: 'x', artifact: '00000000-0000-4000-8000-000000000000' }];
    const { result } = await run(email({ to: ['ann@example.org'], subject: 'nothing attached', attachments }));
    expect(result).toMatchObject({ status: 'failed', error_code: 'NOT_FOUND' });
  });

  test('one of two recipients refused: the action has failed and tells both', async () => {
    const { result } = await run(email({ to: ['ann@example.org', 'refused@example.org'], subject: 'partial' }, { retry_count: 2 }));
    expect(result).toMatchObject({ status: 'failed', error_code: 'MAIL_REFUSED', failure_category: 'configuration', is_final: true });
    expect(result.result_error).toContain(
      'The mail was sent to ann@example.org, but the server refused refused@example.org (550 5.1.1 no such user here)',
    );
    expect((await server.taken('Subject: partial')).to).toEqual(['ann@example.org']);
  });

  test('a mail that is delivered twice has the same Message-ID, whatever its text has become meanwhile', async () => {
    const fields = { timeout_seconds: 1, retry_delay_seconds: 1, action_config: { delivery: 'at_least_once' } };
    const { result } = await run(email({ subject: 'twice', body: 'hang-once after ${EXECUTION_DURATION} s' }, fields));
    expect(result).toMatchObject({ status: 'failed', error_code: 'OUTCOME_UNKNOWN' });
    const mails = await server.takenTimes('Subject: twice', 2);
    const ids = mails.map(({ content }) => /Message-ID:\s+<(.+)>/.exec(content)?.[1]);
    expect(ids[0]).toMatch(/^J[\d.]+\.1\.[0-9a-f-]{13}@opsconductor$/);
    expect(ids[1]).toBe(ids[0]);
    expect(mails[1]?.content).not.toBe(mails[0]?.content);
  });

  test('a mail that the server had and did not confirm is never sent again by itself', async () => {
    const { serial } = await run(email({ body: 'please-hang' }, { timeout_seconds: 1, retry_count: 2, retry_delay_seconds: 1 }));
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    expect(data).toMatchObject([{ error_code: 'OUTCOME_UNKNOWN', failure_category: 'lost', is_final: true }]);
    expect(data[0].result_error).toContain('it may have been delivered');
  });

  test.each([
    ['subject', { subject: 'hi ${EVIL}' }],
    ['to', { to: ['${EVIL}'] }],
    ['file name', { attachments: [{ filename: '${EVIL}', content: '' }] }],
  ])('a line break in a variable of %s fails the action before anything is sent', async (field, parameters) => {
    const { result } = await run(email(parameters), { variables: [{ key: 'EVIL', value: 'a@b.org\r\nBcc: c@d.org' }] });
    expect(result).toMatchObject({ status: 'failed', error_code: 'VALIDATION', failure_category: 'configuration' });
    expect(result.result_error).toContain(field);
  });

  test('the connection test of the target says that the connection is encrypted', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringMatching(/as mailer\. The connection is encrypted\.$/) });
  });
});

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, Mail } from '../../src/contracts/transport.ts';
import { openSmtp } from '../../src/transports/smtp/open-smtp.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { startSmtpServer, withoutSmtpd } from '../support/smtp-fixture.ts';
import type { SmtpFixture } from '../support/smtp-fixture.ts';
import { freePort } from '../support/free-port.ts';

const signal = new AbortController().signal;

const mail = (fields: Partial<Mail> = {}): Mail => ({
  from: 'Ops <ops@example.org>',
  to: ['"Doe, Ann" <ann@example.org>'],
  cc: [],
  bcc: [],
  subject: 'Grüße',
  text: 'Hello\n.\n..dots\n',
  html: undefined,
  attachments: [],
  id: '<one@test>',
  ...fields,
});

const sendOver = async (endpoint: Endpoint, what: Mail, abort = signal) => {
  await using session = await openSmtp(endpoint, signal);
  if (session.send === undefined) throw new Error('no send');
  return await session.send(what, abort);
};

const outcome = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'success',
    (error: unknown) => String(error instanceof Error ? Reflect.get(error, 'code') : error),
  );

describe.skipIf(withoutSmtpd)('SMTP (aiosmtpd)', () => {
  let plain: SmtpFixture;
  let starttls: SmtpFixture;
  let ssl: SmtpFixture;
  beforeAll(async () => {
    [plain, starttls, ssl] = await Promise.all([startSmtpServer('none'), startSmtpServer('starttls'), startSmtpServer('ssl')]);
  });
  afterAll(async () => {
    await Promise.all([plain, starttls, ssl].map((server) => server[Symbol.asyncDispose]()));
  });

  test.each(['starttls', 'ssl'] as const)('over %s the server gets the mail encrypted, after the login', async (mode) => {
    const server = mode === 'ssl' ? ssl : starttls;
    await expect(sendOver(server.endpoint(), mail({ id: `<${mode}@x>` }))).resolves.toMatchObject({
      accepted: ['ann@example.org'],
      rejected: [],
    });
    expect(await server.taken(`<${mode}@x>`)).toMatchObject({
      from: 'ops@example.org',
      to: ['ann@example.org'],
      login: 'mailer',
      tls: true,
    });
  });

  test('the worker greets the server by the name that the method says', async () => {
    await sendOver(plain.endpoint({ domain: 'ops.example.org' }, null), mail({ id: '<greeting@x>' }));
    expect(await plain.taken('<greeting@x>')).toMatchObject({ helo: 'ops.example.org' });
  });

  test('without a credential a mail goes to a server that asks for none', async () => {
    await sendOver(plain.endpoint({}, null), mail({ id: '<no-login@x>' }));
    expect(await plain.taken('<no-login@x>')).toMatchObject({ login: null, tls: false });
  });

  test('text, HTML, attachments, names and the id arrive as they were given; bcc is nowhere in the mail', async () => {
    const attachments = [{ filename: 'ü.bin', contentType: 'application/octet-stream', content: Buffer.from([0, 255, 10, 13]) }];
    const fields = { html: '<b>Hi</b>', attachments, cc: ['cc@example.org'], bcc: ['hidden@example.org'] };
    await sendOver(plain.endpoint({}, null), mail({ ...fields, id: '<whole@x>' }));
    const { to, content } = await plain.taken('<whole@x>');
    expect(to).toEqual(['ann@example.org', 'cc@example.org', 'hidden@example.org']);
    expect(content).not.toContain('hidden');
    expect(content).toContain('Message-ID: <whole@x>');
    expect(content).toContain('To: "Doe, Ann" <ann@example.org>');
    expect(content).toContain('Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=');
    expect(content).toContain('Hello\r\n.\r\n..dots\r\n');
    expect(content).toContain('<b>Hi</b>');
    expect(content).toContain(Buffer.from([0, 255, 10, 13]).toString('base64'));
  });

  test('two mails at once go over one session, one after the other', async () => {
    await using session = await openSmtp(plain.endpoint({}, null), signal);
    await Promise.all([session.send?.(mail({ id: '<a@x>' }), signal), session.send?.(mail({ id: '<b@x>' }), signal)]);
    expect((await plain.taken('<a@x>')).content).not.toContain('<b@x>');
    expect((await plain.taken('<b@x>')).content).not.toContain('<a@x>');
  });

  test('a line break in a subject adds no header', async () => {
    await sendOver(plain.endpoint({}, null), mail({ id: '<lines@x>', subject: 'a\r\nBcc: evil@example.org\r\n\r\nbody' }));
    const { content, to } = await plain.taken('<lines@x>');
    expect(content).not.toMatch(/^Bcc:/m);
    expect(to).toEqual(['ann@example.org']);
  });

  test.each(['a@b.org, c@d.org', 'a@b.org\r\nRCPT TO:<c@d.org>', 'group: a@b.org;', 'nobody', 'x <a@b.org> y'])(
    'a recipient that is not one address is refused: %j',
    async (to) => {
      await expect(sendOver(plain.endpoint({}, null), mail({ to: [to] }))).rejects.toMatchObject({ code: 'VALIDATION' });
    },
  );

  test('some recipients refused: the receipt tells who got it and why the others did not', async () => {
    const receipt = await sendOver(plain.endpoint({}, null), mail({ to: ['ann@example.org', 'refused@example.org'] }));
    expect(receipt).toMatchObject({ accepted: ['ann@example.org'], rejected: ['refused@example.org'] });
    expect(receipt.response).toContain('refused@example.org (550 5.1.1 no such user here)');
  });

  test.each([
    ['refused@example.org', /refused@example\.org \(550 5\.1\.1 no such user here\)\. Nobody got the mail\.$/],
    ['later@example.org', /later@example\.org \(450 4\.2\.1 mailbox busy\).*temporary: a later try may succeed/],
  ])('all recipients refused (%s): nobody got it', async (to, message) => {
    const sent = sendOver(plain.endpoint({}, null), mail({ to: [to] }));
    await expect(sent).rejects.toMatchObject({ code: 'MAIL_REFUSED', message: expect.stringMatching(message) });
  });

  test('a mail that the server does not want is refused with its words', async () => {
    const sent = sendOver(plain.endpoint({}, null), mail({ text: 'please-refuse' }));
    await expect(sent).rejects.toMatchObject({ code: 'MAIL_REFUSED', message: expect.stringContaining('554 5.7.1 looks like spam') });
  });

  test('a test passes exactly when a run can send: right and wrong password, no login offered, certificate, name, port', async () => {
    const wrong = { type: 'password', username: 'mailer', password: 'wrong' } as const;
    const cases: [Endpoint, string][] = [
      [starttls.endpoint(), 'success'],
      [ssl.endpoint(), 'success'],
      [plain.endpoint(), 'success'],
      [starttls.endpoint({}, wrong), 'LOGIN_REJECTED'],
      [ssl.endpoint({}, wrong), 'LOGIN_REJECTED'],
      [starttls.endpoint({ encryption: 'none' }), 'LOGIN_REJECTED'],
      [starttls.endpoint({}, { ...wrong, username: 'busy' }), 'PROTOCOL_ERROR'],
      [plain.endpoint({ encryption: 'starttls' }), 'PROTOCOL_ERROR'],
      [starttls.endpoint({ encryption: 'ssl' }), 'PROTOCOL_ERROR'],
      [starttls.endpoint({ ca_certificate: undefined }), 'CERTIFICATE_REFUSED'],
      [ssl.endpoint({ ca_certificate: undefined }), 'CERTIFICATE_REFUSED'],
      [ssl.endpoint({ ca_certificate: undefined, verify_ssl: false }), 'success'],
      [starttls.endpoint({ server_name: 'other.test' }), 'CERTIFICATE_REFUSED'],
      [{ ...starttls.endpoint(), port: await freePort() }, 'CONNECTION_REFUSED'],
      [{ ...starttls.endpoint(), host: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
    ];
    for (const [endpoint, expected] of cases) {
      const probed = await outcome(
        openSmtp(endpoint, signal).then(async (session) => {
          await using open = session;
          await open.probe(signal);
        }),
      );
      const what = { config: { ...endpoint.config, ca_certificate: undefined }, expected };
      expect({ ...what, probed, sent: await outcome(sendOver(endpoint, mail())) }).toEqual({ ...what, probed: expected, sent: expected });
    }
  });

  test('no message of a refused login holds the password', async () => {
    const secret = { type: 'password', username: 'mailer', password: 'hunter2-not-it' } as const;
    const opened = openSmtp(starttls.endpoint({}, secret), signal);
    await expect(opened).rejects.toMatchObject({ message: expect.stringMatching(/127\.0\.0\.1 port \d+: .*user mailer.*535/) });
    await expect(opened).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });

  test('where STARTTLS is asked for and not offered, neither login nor mail is ever sent', async () => {
    const heard: string[] = [];
    const server = createServer((socket) => {
      socket.write('220 mx.test\r\n');
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          heard.push(chunk.toString());
          socket.write(chunk.toString().startsWith('EHLO') ? '250-mx.test\r\n250 AUTH PLAIN LOGIN\r\n' : '454 4.7.0 TLS not available\r\n');
        });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    await expect(openSmtp({ ...starttls.endpoint(), port }, signal)).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('does not turn on TLS'),
    });
    expect(heard.map((line) => line.split(' ')[0]?.trim())).toEqual(['EHLO', 'STARTTLS']);
    server.close();
  });

  test('a server that says nothing is given up after the time of the method', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const endpoint = { ...plain.endpoint(), port, connectTimeoutMs: 200 };
    await expect(openSmtp(endpoint, signal)).rejects.toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
    server.close();
  });

  test('test_recipient: the test sends one mail and says so; a refused one fails it', async () => {
    await using session = await openSmtp(starttls.endpoint({ test_recipient: 'ann@example.org', from: 'probe@example.org' }), signal);
    await expect(session.probe(signal)).resolves.toContain('A test mail went to ann@example.org (250 2.0.0 queued as 4711)');
    expect(await starttls.taken('OpsConductor connection test')).toMatchObject({ to: ['ann@example.org'], from: 'probe@example.org' });
    await using other = await openSmtp(starttls.endpoint({ test_recipient: 'refused@example.org' }), signal);
    await expect(other.probe(signal)).rejects.toMatchObject({ code: 'MAIL_REFUSED' });
  });

  test('an abort ends a mail that the server does not take, with the reason, and the session is over', async () => {
    await using server = await startSmtpServer('none');
    const abort = new AbortController();
    await using session = await openSmtp(server.endpoint({}, null), signal);
    const sent = session.send?.(mail({ text: 'please-hang' }), abort.signal);
    await server.hanging;
    abort.abort(new Error('enough'));
    expect(await abortedAs(sent)).toMatchObject({
      work: 'unknown',
      reason: 'enough',
      says: expect.stringContaining('may have been delivered'),
    });
    expect(session.isOpen).toBe(false);
  });

  test('an abort before the server has the whole mail: nobody got it', async () => {
    await using server = await startSmtpServer('none');
    const abort = new AbortController();
    await using session = await openSmtp(server.endpoint({}, null), signal);
    const sent = abortedAs(session.send?.(mail({ to: ['hang@example.org'] }), abort.signal));
    await server.hanging;
    abort.abort(new Error('enough'));
    expect(await sent).toMatchObject({ work: 'not_sent', reason: 'enough', says: expect.stringContaining('nobody got it') });
  });

  test('a mail that waits behind another is given up at once, and never sent', async () => {
    await using server = await startSmtpServer('none');
    const [first, second] = [new AbortController(), new AbortController()];
    await using session = await openSmtp(server.endpoint({}, null), signal);
    const before = abortedAs(session.send?.(mail({ text: 'please-hang' }), first.signal));
    const waiting = abortedAs(session.send?.(mail({ id: '<never@x>' }), second.signal));
    await server.hanging;
    second.abort(new Error('late'));
    const says = expect.stringMatching(/^It had waited \d+\.\d s for SMTP to 127\.0\.0\.1 port \d+/);
    expect(await waiting).toEqual({ work: 'not_sent', reason: 'late', says });
    first.abort(new Error('enough'));
    await before;
  });

  test('a server that goes away before it has the whole mail: nobody got it, and it may be tried again', async () => {
    await using server = await startSmtpServer('none');
    await using session = await openSmtp(server.endpoint({}, null), signal);
    const sent = abortedAs(session.send?.(mail({ to: ['hang@example.org'] }), signal));
    await server.hanging;
    await server.stop();
    expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED', message: expect.stringContaining('nobody got it') });
  });

  test('a server that goes away during a mail: what became of it is not known', async () => {
    await using server = await startSmtpServer('none');
    await using session = await openSmtp(server.endpoint({}, null), signal);
    const sent = abortedAs(session.send?.(mail({ text: 'please-hang' }), signal));
    await server.hanging;
    await server.stop();
    expect(await sent).toMatchObject({ code: 'CONNECTION_LOST', message: expect.stringContaining('it may have been delivered') });
  });
});

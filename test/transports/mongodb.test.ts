import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoundText, Endpoint, QueryRequest } from '../../src/contracts/transport.ts';
import { bindCommand } from '../../src/transports/mongodb/bind-command.ts';
import { documentText } from '../../src/transports/mongodb/document-text.ts';
import { openMongodb } from '../../src/transports/mongodb/open-mongodb.ts';
import type { Session } from '../../src/transports/transport.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { startFerretdb, withoutFerretdb } from '../support/mongodb-fixture.ts';
import type { MongodbFixture } from '../support/mongodb-fixture.ts';
import { outcomeCode } from '../support/outcome-code.ts';

const signal = new AbortController().signal;

/** A command with values where the template has `${…}`. */
const json = (segments: TemplateStringsArray, ...values: BoundText['values']): BoundText => ({ segments: [...segments], values });

const ask = async (session: Session, statement: BoundText, fields: Partial<QueryRequest> = {}, until = signal) => {
  const output = collectOutput();
  const result = await session.query?.({ statement, isProcedure: false, maxRows: 1_000, ...fields }, output.sink, until);
  const documents = output.stdout.split('\n').slice(0, -1);
  return { result, documents: documents.map((line) => JSON.parse(line) as unknown) };
};

const probeOver = async (endpoint: Endpoint): Promise<string> => {
  await using session = await openMongodb(endpoint, signal);
  return await session.probe(signal);
};

describe('a MongoDB command', () => {
  const evil = '"}, {"$where": "sleep(1)"}, {"$ne": null';

  test('values stay values, in quotes and without, whatever they hold', () => {
    const command = bindCommand(
      json`{"find":"users","filter":{"name":${evil},"text":"a ${evil} \\" ${'b'}","n":${3},"x":[${true},${null}]}}`,
    );
    expect(JSON.parse(documentText(command))).toEqual({
      find: 'users',
      filter: { name: evil, text: `a ${evil} " b`, n: 3, x: [true, null] },
    });
  });

  test('a value inside $oid and $date makes these', () => {
    const command = bindCommand(
      json`{"find":"a","filter":{"_id":{"$oid":${'0123456789abcdef01234567'}},"at":{"$date":"2026-01-01T00:00:00Z"}}}`,
    );
    expect(String(command['filter']._id)).toBe('0123456789abcdef01234567');
    expect(command['filter'].at).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  test.each([
    ['no JSON', json`{find: "a"}`, /it is no JSON/],
    ['a list', json`[1]`, /must be one JSON object/],
    ['nothing', json`{}`, /must be one JSON object/],
    ['a value as the name of an operator', json`{"find":"a","filter":{"${'$where'}":1}}`, /cannot be the name of a field/],
    ['a wrong $oid', json`{"find":"a","filter":{"_id":{"$oid":"x"}}}`, /is not what it says/],
  ])('%s is refused', (_, statement, message) => {
    expect(() => bindCommand(statement)).toThrow(message);
  });
});

describe.skipIf(withoutFerretdb)('MongoDB (FerretDB)', () => {
  let server: MongodbFixture;
  beforeAll(async () => {
    server = await startFerretdb();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(['plain', 'TLS'])('over %s documents are written, changed, read and removed', async (mode) => {
    await using session = await openMongodb(mode === 'TLS' ? server.tlsEndpoint() : server.endpoint(), signal);
    const name = 'Zoë "\\ \u2028 {$ne:1}';
    const inserted = await ask(session, json`{"insert":"${mode}","documents":[{"_id":1,"name":${name}},{"_id":2,"name":"b"}]}`);
    expect(inserted).toEqual({ result: { rowCount: null, affectedRows: 2, isTruncated: false }, documents: [{ n: 2, ok: 1 }] });
    const found = await ask(session, json`{"find":"${mode}","filter":{"name":${name}}}`);
    expect(found).toEqual({ result: { rowCount: 1, affectedRows: null, isTruncated: false }, documents: [{ _id: 1, name }] });
    const updated = await ask(session, json`{"update":"${mode}","updates":[{"q":{"_id":2},"u":{"$set":{"name":"c"}}}]}`);
    expect(updated.result?.affectedRows).toBe(1);
    expect((await ask(session, json`{"delete":"${mode}","deletes":[{"q":{},"limit":0}]}`)).result?.affectedRows).toBe(2);
  });

  test('five thousand documents come over several batches; beyond the wanted number they are cut, and that is told', async () => {
    await using session = await openMongodb(server.endpoint(), signal);
    const documents = JSON.stringify(Array.from({ length: 5_000 }, (_, index) => ({ _id: index })));
    await ask(session, { segments: [`{"insert":"many","documents":${documents}}`], values: [] });
    const all = await ask(session, json`{"find":"many","sort":{"_id":1}}`, { maxRows: 10_000 });
    expect(all.result).toEqual({ rowCount: 5_000, affectedRows: null, isTruncated: false });
    expect(all.documents).toEqual(JSON.parse(documents));
    const cut = await ask(session, json`{"find":"many","sort":{"_id":1}}`, { maxRows: 250 });
    expect(cut.result).toEqual({ rowCount: 250, affectedRows: null, isTruncated: true });
    expect(cut.documents).toHaveLength(250);
  });

  test('whole numbers keep all their digits, dates and ids their type', async () => {
    await using session = await openMongodb(server.endpoint(), signal);
    const document =
      '{"_id":{"$oid":"0123456789abcdef01234567"},"big":{"$numberLong":"9007199254740993"},"at":{"$date":"2026-01-01T00:00:00Z"},"x":1.5}';
    await ask(session, { segments: [`{"insert":"types","documents":[${document}]}`], values: [] });
    expect((await ask(session, json`{"find":"types"}`)).documents).toEqual([JSON.parse(document)]);
  });

  test('what the server refuses is told with its words and whose fault it is; a refused document too', async () => {
    await using session = await openMongodb(server.endpoint(), signal);
    await expect(ask(session, json`{"noSuchCommand":1}`)).rejects.toMatchObject({
      code: 'QUERY_INVALID',
      message: expect.stringContaining('noSuchCommand'),
    });
    await ask(session, json`{"insert":"twice","documents":[{"_id":1}]}`);
    await expect(ask(session, json`{"insert":"twice","documents":[{"_id":1}]}`)).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringMatching(/refused a part \(0 written, 1 refused\): .*E11000/),
    });
    await expect(ask(session, json`{"ping":1}`, { isProcedure: true })).rejects.toMatchObject({ code: 'VALIDATION' });
  });

  test('a test passes exactly when a run can log in: user, password, TLS, certificate, name, port', async () => {
    const wrong = { type: 'password', username: 'ann', password: 'wrong-one' } as const;
    const cases: [string, Endpoint, string][] = [
      ['ann', server.endpoint(), 'success'],
      ['wrong password', server.endpoint({}, wrong), 'LOGIN_REJECTED'],
      ['unknown user', server.endpoint({}, { ...wrong, username: 'nobody' }), 'LOGIN_REJECTED'],
      ['no credential', server.endpoint({}, null), 'LOGIN_REJECTED'],
      ['trusted', server.tlsEndpoint(), 'success'],
      ['not trusted', server.tlsEndpoint({ ca_certificate: undefined }), 'CERTIFICATE_REFUSED'],
      ['not verified', server.tlsEndpoint({ ca_certificate: undefined, verify_certs: false }), 'success'],
      ['other name', server.tlsEndpoint({ server_name: 'other.test' }), 'CERTIFICATE_REFUSED'],
      ['TLS to a plain port', { ...server.tlsEndpoint(), port: server.port }, 'PROTOCOL_ERROR'],
      ['plain to the TLS port', { ...server.endpoint(), port: server.tlsPort }, 'PROTOCOL_ERROR'],
      ['no listener', { ...server.endpoint(), port: await freePort() }, 'CONNECTION_REFUSED'],
      ['no such name', { ...server.endpoint(), host: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
    ];
    for (const [what, endpoint, expected] of cases) expect([what, await outcomeCode(probeOver(endpoint))]).toEqual([what, expected]);
  });

  test('the probe tells version and database; a refused login names user and place, never the password', async () => {
    await expect(probeOver(server.endpoint())).resolves.toMatch(/^MongoDB 7\.\S+, database shop\.$/);
    const refused = probeOver(server.endpoint({}, { type: 'password', username: 'ann', password: 'hunter2' }));
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/^MongoDB to 127\.0\.0\.1 port \d+: the server refused user ann\./),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('hunter2') });
  });

  test('a server that goes away: what became of the command is not known', async () => {
    await using own = await startFerretdb();
    await using session = await openMongodb(own.endpoint(), signal);
    await ask(session, json`{"ping":1}`);
    await own.stop();
    await expect(ask(session, json`{"ping":1}`)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(session.isOpen).toBe(false);
  });

  test.each([
    ['listDatabases', json`{"listDatabases":1}`, 'ended'],
    ['insert', json`{"insert":"aborted","documents":[{"a":1}]}`, 'unknown'],
  ])('an abort of %s tells what became of it, and the session goes on', async (_, command, work) => {
    await using session = await openMongodb(server.endpoint(), signal);
    const abort = new AbortController();
    const asked = ask(session, command, {}, abort.signal);
    abort.abort(new Error('enough'));
    expect(await abortedAs(asked)).toMatchObject({ work, reason: 'enough' });
    expect(await abortedAs(ask(session, command, {}, abort.signal))).toMatchObject({ work: 'not_sent' });
    await expect(ask(session, json`{"ping":1}`)).resolves.toMatchObject({ documents: [{ ok: 1 }] });
  });

  test('a server that says nothing is given up after the time of the method, and an abort ends the wait', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const bound = silent.address();
    const endpoint = { ...server.endpoint(), port: typeof bound === 'object' && bound !== null ? bound.port : 0 };
    await expect(openMongodb({ ...endpoint, connectTimeoutMs: 300 }, signal)).rejects.toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
    const abort = new AbortController();
    const opened = openMongodb(endpoint, abort.signal);
    abort.abort(new Error('enough'));
    await expect(opened).rejects.toThrow('enough');
    silent.close();
  });
});

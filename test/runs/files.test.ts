import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createArtifact, findArtifact, readArtifact } from '../../src/db/artifacts.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { addTargets, runJob, startFleet, targetOf, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

const action = (type: 'file' | 'file_transfer', parameters: object, fields: object = {}) => ({
  action_type: type,
  action_name: type,
  action_parameters: parameters,
  ...fields,
});

describe.skipIf(withoutSshd)('file and file_transfer actions of a run', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const at = (name: string): string => join(fleet.folder, name);

  const run = async (actions: object[], { on = target, ...fields }: { on?: string; variables?: object[]; settings?: object } = {}) => {
    const { serial } = await runJob(platform, [on], actions, fields);
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return { serial, results: data, result: data.at(-1) };
  };
  const upload = (parameters: object, fields?: object) => action('file_transfer', { operation: 'upload', ...parameters }, fields);
  const download = (parameters: object) => action('file_transfer', { operation: 'download', ...parameters });

  const storeArtifact = async (content: Buffer, name = 'given.bin') => {
    const writer = await createArtifact(platform.db, { type: 'upload', actionResultId: null, name, createdBy: null, retentionDays: 30 });
    for (let from = 0; from < content.length; from += 300_000) await writer.push(content.subarray(from, from + 300_000));
    return writer.end();
  };

  /** Artifact that a download has made. */
  const downloaded = async (serial: string) => {
    const found = await selectRow<{ uuid: string; name: string }>(
      platform.db,
      `SELECT a.artifact_uuid AS uuid, a.name FROM artifacts a JOIN job_action_results r ON r.id = a.action_result_id
       WHERE r.action_serial LIKE $1 || '.%' AND a.artifact_type = 'download'`,
      [serial],
    );
    if (found === undefined) return undefined;
    const artifact = await findArtifact(platform.db, found.uuid);
    return { ...artifact, content: await buffer(readArtifact(platform.db, artifact)) };
  };

  /** Two targets, one after the other; `run` runs them in their order. */
  const onTwo = async (actions: object[]) => {
    const second: string = (await platform.api('POST', '/api/v1/targets', targetOf(fleet, 1))).body.target_serial;
    const first = target;
    const batches = { max_concurrent_targets: 1, rollout: { batches: [{ count: 1 }], order_by: 'name' } };
    const { serial } = await runJob(platform, [first, second], actions, { settings: batches });
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return { serial, first, second, results: data };
  };

  const partsLeft = (path: string): string[] => readdirSync(dirname(path)).filter((name) => name.endsWith('.part'));

  test('mkdir, upload, copy, chmod, move and delete do what they say on the target', async () => {
    const { results } = await run(
      [
        action('file', { operation: 'mkdir', source: at('${PLACE}/conf') }),
        upload({ destination_path: at('${PLACE}/conf/app.ini'), content: 'name=${PLACE}\n', mode: '640' }),
        action('file', { operation: 'copy', source: at('${PLACE}/conf'), destination: at('${PLACE}/kept') }),
        action('file', { operation: 'chmod', source: at('${PLACE}/kept'), mode: '700', recursive: true }),
        action('file', { operation: 'move', source: at('${PLACE}/conf/app.ini'), destination: at('${PLACE}/moved.ini') }),
        action('file', { operation: 'delete', source: at('${PLACE}/conf'), recursive: true }),
        action('file', { operation: 'delete', source: at('${PLACE}/conf') }),
      ],
      { variables: [{ key: 'PLACE', value: `it's here` }] },
    );
    expect(results.map(({ status, result_error }: { status: string; result_error: string }) => [status, result_error])).toEqual(
      Array.from({ length: 7 }, () => ['completed', '']),
    );
    expect(results[6].result_output).toContain('it was not there');
    expect(readFileSync(at(`it's here/moved.ini`), 'utf8')).toBe(`name=it's here\n`);
    expect(statSync(at(`it's here/moved.ini`)).mode & 0o777).toBe(0o640);
    expect(statSync(at(`it's here/kept/app.ini`)).mode & 0o777).toBe(0o700);
    expect(existsSync(at(`it's here/conf`))).toBe(false);
  });

  test('an error of a file action has its code, its category and a sentence', async () => {
    const { result } = await run([action('file', { operation: 'move', source: at('none'), destination: at('x') })]);
    expect(result).toMatchObject({ status: 'failed', error_code: 'FILE_MISSING', failure_category: 'command_execution' });
    expect(result.result_error).toContain(`move of ${at('none')} failed: there is no such file or folder`);
  });

  test.each(['/', '//', '/.', '${EMPTY}/', '.'])('delete of %s is not tried', async (source) => {
    const { result } = await run([action('file', { operation: 'delete', source, recursive: true })], {
      variables: [{ key: 'EMPTY', value: '' }],
      settings: { confirm_dangerous: true },
    });
    expect(result).toMatchObject({ status: 'failed', error_code: 'VALIDATION' });
    expect(result.result_error).toContain('It was not tried');
  });

  test('an artifact of three chunks arrives whole, and leaves no temporary file', async () => {
    const content = randomBytes(2_500_000);
    const { uuid } = await storeArtifact(content);
    const { result } = await run([upload({ destination_path: at('given'), artifact: uuid, sha256: sha256(content) })]);
    expect(result).toMatchObject({ status: 'completed', result_error: '' });
    expect(result.result_output).toBe(`uploaded 2500000 bytes to ${at('given')} (sha256 ${sha256(content)})\n`);
    expect(readFileSync(at('given')).equals(content)).toBe(true);
    expect(partsLeft(at('given'))).toEqual([]);
    const again = await run([upload({ destination_path: at('given'), artifact: uuid })]);
    expect(again.result.result_output).toContain('has the content already');
  });

  test('an upload that takes the place of a file keeps its mode', async () => {
    writeFileSync(at('replaced'), 'old');
    await run([
      action('file', { operation: 'delete', source: at('replaced') }),
      upload({ destination_path: at('replaced'), content: 'old', mode: '600' }),
    ]);
    await run([upload({ destination_path: at('replaced'), content: 'new' })]);
    expect([readFileSync(at('replaced'), 'utf8'), statSync(at('replaced')).mode & 0o777]).toEqual(['new', 0o600]);
  });

  test('overwrite false leaves another file as it is', async () => {
    writeFileSync(at('there'), 'old');
    const { result } = await run([upload({ destination_path: at('there'), content: 'new', overwrite: false })]);
    expect(result).toMatchObject({ status: 'failed', error_code: 'FILE_FAILED' });
    expect(readFileSync(at('there'), 'utf8')).toBe('old');
  });

  test('content with another checksum than expected is not sent', async () => {
    const { result } = await run([upload({ destination_path: at('never'), content: 'x', sha256: sha256('y') })]);
    expect(result).toMatchObject({ status: 'failed', error_code: 'CHECKSUM_MISMATCH' });
    expect(existsSync(at('never'))).toBe(false);
  });

  test('an artifact that is not there, a folder as the file, a missing folder: each is said', async () => {
    mkdirSync(at('a-folder'));
    const cases = [
      [{ destination_path: at('x'), artifact: randomUUID() }, 'NOT_FOUND'],
      [{ destination_path: at('a-folder'), content: 'x' }, 'FILE_FAILED'],
      [{ destination_path: at('no-folder/x'), content: 'x' }, 'FILE_MISSING'],
    ] as const;
    for (const [parameters, code] of cases)
      expect((await run([upload(parameters)])).result).toMatchObject({ status: 'failed', error_code: code });
  });

  test('a file is downloaded into an artifact, with size, checksum and expiry', async () => {
    const content = randomBytes(1_500_000);
    writeFileSync(at('report.bin'), content);
    const { serial, result } = await run([download({ source_path: at('report.bin'), sha256: sha256(content) })]);
    expect(result).toMatchObject({ status: 'completed', result_error: '' });
    const artifact = await downloaded(serial);
    expect(artifact).toMatchObject({ name: 'report.bin', bytes: 1_500_000, sha256: sha256(content) });
    expect(artifact?.content.equals(content)).toBe(true);
    expect(result.result_output).toContain(artifact?.uuid);
    const days = await selectRow<{ days: number }>(
      platform.db,
      'SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM artifacts WHERE artifact_uuid = $1',
      [artifact?.uuid],
    );
    expect(days).toEqual({ days: 30 });
  });

  test('a download with another checksum, a too large one, a folder and a missing file keep nothing', async () => {
    writeFileSync(at('some'), 'some content');
    const cases = [
      [{ source_path: at('some'), sha256: sha256('other') }, 'CHECKSUM_MISMATCH'],
      [{ source_path: at('some'), maxBytes: 5 }, 'FILE_FAILED'],
      [{ source_path: fleet.folder }, 'FILE_FAILED'],
      [{ source_path: at('none') }, 'FILE_MISSING'],
    ] as const;
    for (const [parameters, code] of cases) {
      const { serial, result } = await run([download(parameters)]);
      expect(result).toMatchObject({ status: 'failed', error_code: code });
      expect(await downloaded(serial)).toBeUndefined();
    }
  });

  test('the limit also holds for a file that does not tell its size', async () => {
    const { serial, result } = await run([download({ source_path: '/proc/cpuinfo', maxBytes: 100 })]);
    expect(result).toMatchObject({ status: 'failed', error_code: 'FILE_FAILED' });
    expect(result.result_error).toContain('max_artifact_bytes');
    expect(await downloaded(serial)).toBeUndefined();
  });

  test('transfers go on where a connection broke, both ways', async () => {
    await using proxy = await startCuttingProxy(fleet.port, [1_500_000, 1_500_000, 4_500_000]);
    const [method] = targetOf(fleet, 0).methods;
    const added = await platform.api('POST', '/api/v1/targets', {
      name: 'shaky',
      methods: [{ ...method, host: '127.0.0.1', port: proxy.port }],
    });
    expect(added.status).toBe(201);
    const content = randomBytes(4_000_000);
    const { uuid } = await storeArtifact(content);
    const { serial, results } = await run(
      [upload({ destination_path: at('shaky'), artifact: uuid }), download({ source_path: at('shaky') })],
      {
        on: added.body.target_serial,
      },
    );
    expect(results).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
    expect(readFileSync(at('shaky')).equals(content)).toBe(true);
    expect((await downloaded(serial))?.content.equals(content)).toBe(true);
    expect(proxy.connections).toBe(4);
    const notes = await selectRows<{ log_message: string }>(
      platform.db,
      `SELECT l.log_message FROM job_execution_logs l JOIN job_executions e ON e.id = l.job_execution_id WHERE e.execution_serial = $1`,
      [serial],
    );
    const texts = notes.map((note) => note.log_message).join('\n');
    expect(texts).toContain('The transfer goes on over a new connection');
    expect(texts).toMatch(/Goes on behind the \d+ bytes that are there already/);
  });

  test('an upload makes the folders that are missing when it is asked to, else it fails', async () => {
    const { result: refused } = await run([upload({ destination_path: at('deep/er/file'), content: 'x' })]);
    expect(refused).toMatchObject({ status: 'failed', error_code: 'FILE_MISSING' });
    const { result } = await run([upload({ destination_path: at('deep/er/file'), content: 'x', create_parents: true })]);
    expect(result).toMatchObject({ status: 'completed' });
    expect(readFileSync(at('deep/er/file'), 'utf8')).toBe('x');
  });

  test('a file that an action has fetched is uploaded later in the same run, on the same target or another', async () => {
    writeFileSync(at('hosts.txt'), 'from the first\n');
    const { results, first, second } = await onTwo([
      {
        ...download({ source_path: at('hosts.txt') }),
        action_key: 'fetch',
        conditions: [{ variable: 'TARGET_NAME', operator: '==', value: 'host-1' }],
      },
      upload({ destination_path: at('copy-${TARGET_SERIAL}'), artifact: '${actions.fetch.artifact}', mode: '600' }),
    ]);
    expect(results.map(({ status }: { status: string }) => status)).toEqual(['completed', 'completed', 'skipped', 'completed']);
    for (const serial of [first, second]) expect(readFileSync(at(`copy-${serial}`), 'utf8')).toBe('from the first\n');
  });

  test('a reference to a file that nothing has fetched, or several have, fails and sends nothing', async () => {
    const never = { conditions: [{ variable: 'TARGET_OS', operator: '==', value: 'plan9' }] };
    const { result } = await run([
      { ...download({ source_path: at('hosts.txt') }), action_key: 'fetch', ...never },
      upload({ destination_path: at('nothing'), artifact: '${actions.fetch.artifact}' }),
    ]);
    expect(result).toMatchObject({
      error_code: 'VARIABLE_MISSING',
      result_error: expect.stringContaining('"fetch" has not run on this target'),
    });
    const text = await run([upload({ destination_path: at('nothing'), artifact: '${TEXT}' })], {
      variables: [{ key: 'TEXT', value: 'no uuid' }],
    });
    expect(text.result).toMatchObject({ error_code: 'VALIDATION', result_error: expect.stringContaining('gives no uuid of an artifact') });
    expect(existsSync(at('nothing'))).toBe(false);
  });
});

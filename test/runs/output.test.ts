import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findArtifact, readArtifact } from '../../src/db/artifacts.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { changeSetting } from '../db/retention/support.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addSudoers, withoutSudo } from '../support/sudoers.ts';
import { ensureSystemUser } from '../support/system-user.ts';

const KEPT = { action_config: { keep_full_output: true } };
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const MIB = 1_048_576;

describe.skipIf(withoutSshd)('output of any bytes (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let database: Awaited<ReturnType<typeof openTestDatabase>>;
  let target: string;
  beforeAll(async () => {
    database = await openTestDatabase();
    await changeSetting(database.db, 'max_artifact_bytes', 60 * MIB);
    [platform, fleet] = await Promise.all([startTestPlatform({ databaseUrl: database.url }), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const run = async (action: object, fields: object = {}) => {
    const { serial } = await runJob(platform, [target], [action], { ...fields });
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return { serial, result: data[0] };
  };

  const keptOf = async (serial: string) => {
    const { data } = (await platform.api('GET', `/api/v1/artifacts?execution=${serial}`)).body;
    const contents: Record<string, Buffer> = {};
    for (const { artifact_uuid: uuid, name } of data)
      contents[name] = await buffer(readArtifact(platform.db, await findArtifact(platform.db, uuid)));
    return { data, contents };
  };

  const linesOf = (serial: string) =>
    selectRows<{ text: string; stream: string | null }>(
      platform.db,
      `SELECT l.log_message AS text, l.stream FROM job_execution_logs l JOIN job_executions e ON e.id = l.job_execution_id WHERE e.execution_serial = $1 ORDER BY l.line_number`,
      [serial],
    );

  test('bytes that are no text are shown with signs for them, and kept exactly where the action asks', async () => {
    const text = String.raw`printf 'a\377\376b\000c\033[31mred\r\nlast'; printf 'e\200\n' >&2`;
    const { serial, result } = await run(command(text, KEPT));
    expect(result).toMatchObject({
      status: 'completed',
      result_output: 'a��b␀c\u001b[31mred\nlast\n',
      result_error: 'e�\n',
      output_truncated: false,
      output_bytes: 23,
    });
    const { data, contents } = await keptOf(serial);
    expect(contents).toEqual({
      stdout: Buffer.from('a\xff\xfeb\0c\x1b[31mred\r\nlast', 'latin1'),
      stderr: Buffer.from('e\x80\n', 'latin1'),
    });
    expect(data[0]).toMatchObject({
      artifact_type: 'output',
      action_serial: `${serial}.0001.0001`,
      attempt: 1,
      sha256: expect.any(String),
    });
    const notes = (await linesOf(serial)).filter(({ stream }) => stream === null).map(({ text: note }) => note);
    for (const { artifact_uuid: uuid } of data) expect(notes.join('\n')).toContain(`artifact ${uuid}`);
  });

  test('one line of 50 MB: shown to its limit, counted to its end, kept in full', async () => {
    const { serial, result } = await run(command(`head -c 52428800 /dev/zero | tr '\\0' x`, KEPT));
    expect(result).toMatchObject({ status: 'completed', output_truncated: true, output_bytes: 52_428_800 });
    expect(Buffer.byteLength(result.result_output)).toBeLessThanOrEqual(MIB);
    const { data, contents } = await keptOf(serial);
    expect(data).toHaveLength(1);
    expect(contents['stdout']?.length).toBe(52_428_800);
    expect(data[0].sha256).toBe(sha256(Buffer.alloc(52_428_800, 'x')));
    const stored = await selectRow<{ bytes: number }>(
      platform.db,
      'SELECT sum(octet_length(data))::int AS bytes FROM artifact_chunks c JOIN artifacts a ON a.id = c.artifact_id WHERE artifact_uuid = $1',
      [data[0].artifact_uuid],
    );
    expect(stored?.bytes).toBeLessThan(500_000);
  }, 120_000);

  test('what comes after max_artifact_bytes is not kept, and the log says so', async () => {
    const { serial, result } = await run(command(`head -c ${61 * MIB} /dev/zero`, KEPT));
    expect(result).toMatchObject({ status: 'completed', output_truncated: true, output_bytes: 61 * MIB });
    const { data } = await keptOf(serial);
    expect(data[0].size_bytes).toBe(60 * MIB);
    expect((await linesOf(serial)).at(-1)?.text).toContain('what came after is not kept');
  }, 120_000);

  test('a job asks for all its actions, and one action may say no', async () => {
    const settings = { settings: { keep_full_output: true } };
    const asked = await run(command('echo x'), settings);
    expect((await keptOf(asked.serial)).contents).toEqual({ stdout: Buffer.from('x\n') });
    const spared = await run(command('echo x', { action_config: { keep_full_output: false } }), settings);
    expect((await keptOf(spared.serial)).data).toEqual([]);
    const plain = await run(command('echo x'));
    expect((await keptOf(plain.serial)).data).toEqual([]);
  });

  test('each attempt has its own, also when it failed', async () => {
    const { serial, result } = await run(command('echo x; exit 3', { ...KEPT, retry_count: 1, retry_delay_seconds: 1 }));
    expect(result.status).toBe('failed');
    expect((await keptOf(serial)).data.map(({ attempt }: { attempt: number }) => attempt).toSorted()).toEqual([1, 2]);
  });

  test('capture_output false stores no output, and says how much there was', async () => {
    const { serial, result } = await run(command('echo hidden; exit 0', { action_config: { capture_output: false } }));
    expect(result).toMatchObject({ status: 'completed', result_output: '', output_bytes: 7, output_truncated: true });
    const texts = (await linesOf(serial)).map(({ text }) => text).join('\n');
    expect(texts).not.toContain('hidden');
    expect(texts).toContain('The output (7 bytes) is not stored');
  });

  test.skipIf(withoutSudo)('run_as of an action is the user who runs it, and a refusal is its error', async () => {
    const other = ensureSystemUser('opsc-output-other');
    const as = { action_config: { run_as: other, environment: { WHO: '${TARGET_NAME}' } } };
    {
      using _ = addSudoers('opsc-output-test', [`${fleet.username} ALL=(ALL) NOPASSWD: ALL`]);
      expect((await run(command('id -un; printenv WHO', as))).result).toMatchObject({
        status: 'completed',
        result_output: `${other}\nhost-1\n`,
      });
    }
    const { result } = await run(command('id -un', as));
    expect(result).toMatchObject({ status: 'failed', error_code: 'RUN_AS_REFUSED', failure_category: 'authentication', result_output: '' });
  });
});

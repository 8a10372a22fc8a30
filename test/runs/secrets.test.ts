import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createKeyPair } from '../../src/embedded/ssh-servers/create-key-pair.ts';
import { selectRows } from '../../src/db/query.ts';
import { platformEnvironment, startCli } from '../support/cli-process.ts';
import type { CliProcess } from '../support/cli-process.ts';
import { command, loopbackAddress, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { canMakeUsers } from '../support/test-user.ts';

const secret = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;

/** Users with passwords can only be made as root; keys work for everybody. */
const hasPassword = canMakeUsers();

const encrypted = (privateKey: string, passphrase: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-secret-key-'));
  const file = join(folder, 'key');
  writeFileSync(file, privateKey, { mode: 0o600 });
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', file]);
  const text = readFileSync(file, 'utf8');
  rmSync(folder, { recursive: true });
  return text;
};

describe.skipIf(withoutSshd)('secrets (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let worker: CliProcess;
  let server: CliProcess;
  const password = secret('pass');
  const token = secret('token');
  const override = secret('over');
  const passphrase = secret('phrase');
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([
      startTestPlatform({ worker: false }),
      startFleet({ user: 'opsc-secret', ...(hasPassword && { password }) }),
    ]);
    const env = { ...platformEnvironment(platform), OPSCONDUCTOR_LOG_LEVEL: 'trace', OPSCONDUCTOR_PORT: '0' };
    worker = startCli(['worker'], env);
    server = startCli(['server'], env);
    await Promise.all([worker.until('worker is up'), server.until('API is up')]);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const url = (): string => /"url":"([^"]+)"/.exec(server.output())?.[1] ?? '';
  const answers: string[] = [];
  const api = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url()}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push(text);
    return text.startsWith('{') ? JSON.parse(text) : text;
  };
  const addTarget = (index: number, credential: object) =>
    api('POST', '/targets', {
      name: `t${index}`,
      methods: [{ method_type: 'ssh', host: loopbackAddress(index), port: fleet.port, credential }],
    });

  test('a secret used in commands is in no row, answer, history or output', async () => {
    const wrong = createKeyPair();
    const { username } = fleet;
    const locked = encrypted(fleet.privateKey, passphrase);
    const targets = [
      ...(hasPassword ? [await addTarget(0, { credential_type: 'password', username, password })] : []),
      await addTarget(1, { credential_type: 'ssh_key', username, private_key: fleet.privateKey }),
      await addTarget(2, { credential_type: 'ssh_key', username, private_key: locked, passphrase }),
      await addTarget(3, { credential_type: 'ssh_key', username, private_key: locked, passphrase: `${passphrase}x` }),
      await addTarget(4, { credential_type: 'ssh_key', username, private_key: wrong.privateKey }),
    ].flatMap((target) => (target.target_serial === undefined ? [] : [target.target_serial as string]));
    const refused = targets.at(-1) ?? '';
    for (const target of targets) await api('POST', `/targets/${target}/test`);
    await api('POST', '/targets/test-method-config', {
      os_type: 'linux',
      method: {
        method_type: 'ssh',
        host: '127.0.0.1',
        port: fleet.port,
        credential: { credential_type: 'password', username, password: `${password}x` },
      },
    });
    const job = await api('POST', '/jobs', {
      name: 'leaks',
      targets,
      variables: [
        { key: 'API_TOKEN', value: token, is_secret: true },
        { key: 'OTHER', value: 'default', is_secret: true },
      ],
      actions: [
        command('echo "it is $API_TOKEN"; echo "${OTHER}" >&2; printf %s "$API_TOKEN" | tee /dev/stderr; env; ps -ef -ww', {
          on_failure: 'continue',
        }),
        command(
          `echo "$API_TOKEN" | sed 's/./&/g'; printf '%s' "$API_TOKEN" | head -c 10; printf '%s' "$API_TOKEN" | tail -c +11; exit 7`,
          { on_failure: 'continue' },
        ),
        {
          action_type: 'script',
          action_name: 'python',
          action_parameters: {
            scriptType: 'python',
            scriptContent: 'import os,sys\nprint(sys.argv)\nraise Exception(os.environ["API_TOKEN"])',
            arguments: ['${API_TOKEN}', '--x=${OTHER}'],
          },
        },
      ],
    });
    const run = await api('POST', `/jobs/${job.job_serial}/executions`, { variables: { OTHER: override } });
    const serial: string = run.execution_serial;
    const ended = await platform.untilEnded(serial);
    expect(ended).toMatchObject({ status: 'failed', total_branches: targets.length, failed_branches: targets.length });
    for (const path of ['', '/branches', '/results', '/logs?limit=5000', '/events']) await api('GET', `/executions/${serial}${path}`);
    for (const path of ['/targets', `/targets/${refused}`, '/jobs', `/jobs/${job.job_serial}`]) await api('GET', path);

    const tables = await selectRows<{ name: string }>(
      platform.db,
      `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
    );
    let rows = '';
    for (const { name } of tables)
      rows += (await selectRows<{ row: string }>(platform.db, `SELECT t::text AS row FROM "${name}" t`)).map(({ row }) => row).join('\n');
    let histories = '';
    for (const id of [run.workflow_id, ...targets.map((target) => `${serial}/b/${target}`)]) {
      const json = historyToJSON(await platform.client.workflow.getHandle(id).fetchHistory());
      histories += json + json.replace(/"data":\s*"([A-Za-z0-9+/=]+)"/g, (_, data: string) => Buffer.from(data, 'base64').toString('utf8'));
    }
    await Promise.all([worker.end('SIGTERM'), server.end('SIGTERM')]);

    const logOf = (name: string): string => readFileSync(join(inject('logsFolder'), `${name}.log`), 'utf8');
    const quiet = { temporal: logOf('temporal') };
    const places = {
      rows,
      histories,
      answers: answers.join('\n'),
      worker: worker.output(),
      server: server.output(),
      postgres: logOf('postgres'),
      ...quiet,
    };
    const lockedLine = locked.split('\n')[3] ?? '';
    const keyLine = fleet.privateKey.split('\n')[3] ?? '';
    const wrongLine = wrong.privateKey.split('\n')[3] ?? '';
    for (const [place, text] of Object.entries(places)) {
      expect(text.length > 0 || place in quiet, place).toBe(true);
      for (const [name, value] of Object.entries({ password, token, override, passphrase, keyLine, lockedLine, wrongLine }))
        expect(text.includes(value), `${name} in ${place}`).toBe(false);
    }
    expect(rows).toContain('it is ********');
  });
});

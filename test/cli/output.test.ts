import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { endpointsOf } from '../../scripts/generate-client/openapi.ts';
import type { Document } from '../../scripts/generate-client/openapi.ts';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { EXIT_CODES, EXIT_CODE_HELP } from '../../src/cli/exit-code.ts';
import { parseConfig } from '../../src/config.ts';
import { answerJson, answerProblem, sse, startFakeApi } from './fake-api.ts';
import type { FakeApi } from './fake-api.ts';

const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as Document;

interface Example {
  example?: unknown;
}

/** Answers every operation with the example of the document. */
const startExampleApi = (): Promise<FakeApi> =>
  startFakeApi((response, { method, url }) => {
    const { pathname } = new URL(url, 'http://x');
    const [endpoint] = endpointsOf(document)
      .filter(({ method: one, path }) => one === method && new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname))
      .toSorted((one, other) => one.path.split('{').length - other.path.split('{').length);
    const [[status, body] = []] = Object.entries(endpoint?.operation.responses ?? {}).filter(([code]) => code.startsWith('2'));
    if (pathname.endsWith('/events')) {
      const lines = [1, 2].map((number) =>
        sse('line', `${number}`, { branch_serial: 'b', line_number: number, stream: 'stdout', log_message: 'x' }),
      );
      return response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`${lines.join('')}${sse('end', '3', { status: 'completed' })}`);
    }
    if (body === undefined) return answerProblem(response, 404, 'NOT_FOUND');
    const { example = {} } = (body.content?.['application/json'] ?? {}) as Example;
    // A token in an example is cut.
    return answerJson(response, Number(status), JSON.parse(JSON.stringify(example).replaceAll('…', 'x')));
  });

const sink = () => {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  return { stream, text: () => chunks.join('') };
};

describe('the output of commands', () => {
  let api: FakeApi;
  let folder = '';
  beforeAll(async () => {
    api = await startExampleApi();
    folder = await mkdtemp(join(tmpdir(), 'opsc-output-'));
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const programOf = (env: Record<string, string> = {}, input = '') => {
    const program = new Command('opsconductor');
    const [stdout, stderr] = [sink(), sink()];
    const stdin = Readable.from([input]) as unknown as NodeJS.ReadStream;
    const config = parseConfig({ HOME: folder, XDG_CONFIG_HOME: folder, OPSCONDUCTOR_URL: api.url, OPSCONDUCTOR_TOKEN: 't', ...env });
    registerClientCommands(program, config, { stdin, stdout: stdout.stream, stderr: stderr.stream });
    return { program, stdout, stderr };
  };
  const run = async (
    args: readonly string[],
    env?: Record<string, string>,
    input?: string,
  ): Promise<{ stdout: string; stderr: string }> => {
    const { program, stdout, stderr } = programOf(env, input);
    await program.parseAsync(['node', 'opsconductor', ...args]);
    process.exitCode = undefined;
    return { stdout: stdout.text(), stderr: stderr.text() };
  };

  /** Commands that show what there is, and need nothing but a name. */
  const reads = (command: Command, path: string[] = []): string[][] => {
    const { registeredArguments: args } = command;
    const isRead = /^(?:list|locks|approvals|lost|show|whoami|stats|statistics|types)$/.test(command.name());
    const serial = path[0] === 'schedules' ? 'JSCHED-00000001' : 'J20250001.0001';
    const own = isRead && args.every(({ variadic }) => !variadic) ? [[...path, ...args.map(() => serial)]] : [];
    return [...own, ...command.commands.flatMap((one) => reads(one, [...path, one.name()]))];
  };

  test('every list and every thing that is shown comes as a table, as JSON and as YAML', async () => {
    const commands = reads(programOf().program);
    expect(commands.map((words) => words.join(' '))).toEqual(expect.arrayContaining(['targets list', 'jobs list', 'runs list', 'whoami']));
    for (const words of commands) {
      const [table, json, yaml, short] = [
        await run(words),
        await run([...words, '--output', 'json']),
        await run(['--output', 'yaml', ...words]),
        await run([...words, '--json']),
      ];
      const data: unknown = JSON.parse(json.stdout);
      expect([words, parse(yaml.stdout)]).toEqual([words, data]);
      expect([words, short.stdout]).toEqual([words, json.stdout]);
      expect([words, table.stdout === json.stdout, table.stdout === '']).toEqual([words, false, false]);
      expect(table.stdout + json.stdout).not.toContain('\u001b');
    }
  });

  test('what comes bit by bit is a JSON line or a YAML document each', async () => {
    for (const words of [
      ['runs', 'logs', 'J20250001.0001', '-f'],
      ['runs', 'watch', 'J20250001.0001'],
    ]) {
      const json = (await run([...words, '--json'])).stdout;
      const items = json
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(items.length).toBeGreaterThan(1);
      const yaml = (await run([...words, '--output', 'yaml'])).stdout;
      expect(parseAllDocuments(yaml).map((one) => one.toJS() as unknown)).toEqual(items);
    }
  });

  test('a form that there is not, and two at once, are misuse', async () => {
    await expect(run(['targets', 'list', '--output', 'xml'])).rejects.toMatchObject({ exitCode: 1, code: 'commander.invalidArgument' });
    await expect(run(['targets', 'list', '--output', 'yaml', '--json'])).rejects.toMatchObject({ code: 'commander.conflictingOption' });
  });

  test('logins are kept as contexts, listed without their tokens, chosen, renamed and forgotten', async () => {
    const clean = { OPSCONDUCTOR_TOKEN: '', OPSCONDUCTOR_URL: '' };
    const logIn = (...words: string[]) => run(['login', '--username', 'ann', '--password-stdin', ...words], clean, 'secret\n');
    const contexts = (...words: string[]) => run(['contexts', ...words], clean);
    const listed = async (): Promise<string[]> => {
      const { stdout } = await contexts('list', '--json');
      expect(stdout).not.toContain('ops_');
      const all = JSON.parse(stdout) as { name: string; is_current: boolean; has_token: boolean }[];
      return all.map((one) => `${one.name}${one.is_current ? ' in use' : ''}${one.has_token ? '' : ' without token'}`);
    };
    const byAddress = api.url.replace('http://', '');
    expect(await listed()).toEqual([]);
    await logIn('--url', api.url);
    await logIn('--url', api.url, '--context', 'prod');
    expect(await listed()).toEqual([byAddress, 'prod in use']);
    expect((await contexts('use', byAddress)).stderr).toContain(api.url);
    expect((await run(['whoami'], clean)).stdout).toContain(`at ${api.url}`);
    await contexts('rename', 'prod', 'production');
    await expect(contexts('rename', 'production', byAddress)).rejects.toMatchObject({ code: 'CONFLICT' });
    await run(['logout', '--context', 'production'], clean);
    // Both had the same token, which has ended.
    expect(await listed()).toEqual([`${byAddress} in use without token`, 'production without token']);
    await expect(run(['whoami', '--context', 'production'], clean)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await contexts('remove', byAddress);
    expect(await listed()).toEqual(['production without token']);
    await expect(contexts('use', byAddress)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('every exit code is told', () => {
    const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
    for (const code of Object.values(EXIT_CODES)) {
      expect(EXIT_CODE_HELP).toMatch(new RegExp(`^  ${code} `, 'm'));
      expect(page).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
    }
  });
});

import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli } from '../../support/cli-process.ts';
import { startTestPlatform } from '../../support/platform.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { command } from '../../support/fleet.ts';
import { runCli } from '../../support/run-cli.ts';
import type { CliEnd } from '../../support/run-cli.ts';
import { servePlatform } from '../../support/serve-platform.ts';
import { exportAll, exportText, exportYaml, importInto, plainItems } from './support.ts';

const MANY = 10_000;
const PASSPHRASE = 'pässphrase for the way';

/** Targets as people have them: several methods, labels, and here and there a credential. */
const manyTargets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'target',
    name: `host-${index}`,
    description: index % 3 === 0 ? `=cmd|' /C calc'!A${index}\nsecond line, "quoted"` : null,
    environment: (['production', 'staging', 'development', 'testing'] as const)[index % 4],
    location: index % 5 === 0 ? `Room ${index}` : null,
    labels: { team: `team-${index % 20}`, number: String(index) },
    status: index % 50 === 0 ? 'maintenance' : 'active',
    methods: [
      {
        method_type: 'ssh',
        host: `host-${index}.example.org`,
        config: { keepalive: 30 },
        ...(index % 20 === 0 && { credential: { credential_type: 'password', username: 'ops', password: `s3cret of ${index}` } }),
      },
      ...(index % 10 === 0 ? [{ method_type: 'rest_api', host: `host-${index}.example.org`, port: 8443, is_active: false }] : []),
    ],
  }));

/** One after the other: models belong to the database that was connected last. */
const onNewPlatform = async <T>(work: (platform: TestPlatform) => Promise<T>): Promise<T> => {
  await using platform = await startTestPlatform({ worker: false });
  return await work(platform);
};

/** The command line against a platform that is served, with files in a folder of its own. */
const cliOf = (platform: TestPlatform, url: string, folder: string) => {
  const environment = { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: platform.token, XDG_CONFIG_HOME: folder };
  return {
    environment,
    /** @param input what comes on stdin, to a command whose stderr is a terminal. */
    run: async (args: readonly string[], input = ''): Promise<CliEnd> => {
      const ended = await runCli(environment, args, { input, terminal: { isTTY: true, columns: 80 } });
      expect([args, ended.code, ended.stdout]).toEqual([args, 0, '']);
      return ended;
    },
  };
};

/** Numbers that a line which is drawn again and again has shown, each once. */
const shown = (drawn: string, number: RegExp): number[] => [...new Set(Array.from(drawn.matchAll(number), ([, text]) => Number(text)))];

/** An export with sealed secrets, as it is without them. */
const withoutSecrets = (text: string): { items: Record<string, unknown>[] } =>
  JSON.parse(text, (key, value: unknown) => (key === 'sealed' ? undefined : value)) as { items: Record<string, unknown>[] };

const expectRising = (numbers: number[], least: number): void => {
  expect(numbers.length).toBeGreaterThanOrEqual(least);
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
};

test(`${MANY} targets travel by the command line to another database, and nothing of them is another, in each format`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'opsc-many-'));
  const fileOf = (name: string): string => join(folder, name);
  const items = manyTargets(MANY);
  await writeFile(fileOf('hand.json'), JSON.stringify({ items }));
  const sealing = ['--passphrase-stdin'];
  const document = await onNewPlatform(async (source) => {
    await using server = await servePlatform(source);
    const { environment, run } = cliOf(source, server.url, folder);
    const importing = startCli(['import', fileOf('hand.json')], environment, { terminal: true });
    const [code] = (await once(importing.child, 'close')) as [number];
    expect([code, importing.output().slice(-40)]).toEqual([0, expect.stringContaining(`${MANY} created.`)]);
    expectRising(shown(importing.output(), new RegExp(`(\\d+)/${MANY}`, 'g')), 5);
    for (const [format, ...options] of [['json', ...sealing], ['yaml', ...sealing], ['csv']]) {
      const { stderr } = await run(
        ['export', 'targets', '--format', format ?? '', '-o', fileOf(`targets.${format}`), ...options],
        PASSPHRASE,
      );
      expectRising(shown(stderr, /([\d.]+) MiB/g), 2);
    }
    return withoutSecrets(await readFile(fileOf('targets.json'), 'utf8'));
  });
  expect(document.items.map(({ name, labels, description }) => ({ name, labels, description }))).toEqual(
    items.map(({ name, labels, description }) => ({ name, labels, description })),
  );
  for (const format of ['json', 'yaml', 'csv']) expect(await readFile(fileOf(`targets.${format}`), 'utf8')).not.toContain('s3cret');
  await onNewPlatform(async (other) => {
    await using server = await servePlatform(other);
    const { run } = cliOf(other, server.url, folder);
    const says = async (...args: string[]): Promise<string> =>
      (await run(['import', ...args], args.includes('--passphrase-stdin') ? PASSPHRASE : '')).stderr.split('\u001b[K').at(-1) ?? '';
    expect(await says(fileOf('targets.yaml'), ...sealing)).toBe(`${MANY} created.\n`);
    expect(plainItems(await exportAll(other, { types: ['targets'] }))).toEqual(plainItems(document));
    // Secrets are compared, too.
    expect(await says(fileOf('targets.json'), ...sealing)).toBe(`${MANY} unchanged.\n`);
    expect(await says(fileOf('targets.csv'))).toBe(`${MANY} unchanged.\n`);
  });
  await rm(folder, { recursive: true });
}, 180_000);

/** What is read otherwise than it was meant, by one format or the other. */
const ODD = [
  '=1+1',
  "'=1+1",
  '+49 731',
  '-x',
  '@SUM(A1)',
  '\tTab',
  '\rReturn',
  "'plain",
  'true',
  'null',
  '~',
  '12',
  '1e3',
  '0x1F',
  '2025-01-01',
  'a: b # c',
  '- list',
  '*alias',
  '&anchor',
  '!tag',
  '"quoted"',
  ' space before and behind ',
  'line\nline\r\nline\n\n',
  '  two\n    four\n',
  'ünï\u{1F600}\u2028code\u0085\uFEFF',
  '',
  'a,b;c|d',
  '${NAME} {{x}} %s',
  '<<',
  '[1, 2',
  '|',
  'x'.repeat(3_000),
];

const address = (name: string, port?: number) => ({ host: `${name}.example.org`, ...(port !== undefined && { port }) });
const password = { credential_type: 'password', username: 'ops', password: 's3cret "and" more\n' };

const METHODS = [
  { method_type: 'ssh', ...address('all', 2222), priority: 7, credential: password, config: { keepalive: 30 } },
  { method_type: 'winrm', ...address('all'), credential: password, config: { transport: 'ntlm' } },
  {
    method_type: 'snmp',
    ...address('all'),
    credential: { credential_type: 'snmp_community', community: '=public' },
    config: { version: '2c' },
  },
  { method_type: 'rest_api', ...address('all', 8443), is_primary: true, credential: { credential_type: 'api_token', token: 's3cret' } },
  { method_type: 'oracle', ...address('all'), config: { service_name: 'ORCL' }, is_active: false },
  { method_type: 'sqlite', config: { database_path: '/var/lib/all.db' } },
];

const ACTIONS = [
  { ...command('uptime'), rollback: [command('undo')] },
  {
    action_type: 'condition',
    action_name: 'which way',
    action_key: 'way',
    // oxlint-disable-next-line unicorn/no-thenable -- a list of actions is nothing that `await` would call
    action_parameters: { conditionType: 'if', expression: 'true', then: [command('then')], else: [command('else')] },
  },
  { action_type: 'parallel', action_name: 'both', action_parameters: { actions: [command('one'), command('two')] } },
];

const document = {
  items: [
    ...ODD.map((text, index) => ({
      kind: 'target',
      name: `odd-${index}`,
      description: text,
      location: text.slice(0, 100),
      labels: { odd: text.slice(0, 200) },
      methods: [{ method_type: 'ssh', ...address(`odd-${index}`) }],
    })),
    { kind: 'target', name: 'all', os_type: 'linux', methods: METHODS },
    {
      kind: 'job',
      name: '=nested',
      description: ODD.join('\n'),
      targets: ['odd-2', 'all', 'odd-1'],
      target_selector: 'env=production',
      settings: { tags: ['one'], environment: { A: 'x' }, confirm_dangerous: true, calendars: ['freeze'] },
      variables: [
        { key: 'S', is_secret: true, value: 'job s3cret' },
        { key: 'J', type: 'json', is_secret: true, value: { deep: [1, 'two'] } },
        { key: 'N', type: 'number', value: 5, min: 1, max: 9, description: '@n' },
        { key: 'I', is_input: true, is_required: true, choices: ['a', 'b'] },
      ],
      actions: ACTIONS,
    },
    { kind: 'template', name: 'pattern', actions: [command('true')], variables: [{ key: 'T', is_secret: true, value: 'template s3cret' }] },
    { kind: 'user', username: 'ann', email: 'ann@example.org', role: 'operator', permissions: ['data.export'] },
    { kind: 'user', username: 'bob', email: 'bob@example.org', is_active: false },
    {
      kind: 'calendar',
      name: 'freeze',
      description: '=odd',
      timezone: 'Europe/Berlin',
      windows: [{ kind: 'blackout', dates: { from: '2026-12-24', to: '2026-12-26' } }],
      holds_runs: true,
    },
    {
      kind: 'schedule',
      name: '=nightly',
      description: ODD.join('\n'),
      job: '=nested',
      when: [{ daily: { at: '02:15' } }, { monthly: { day: 'last', at: '22:00' } }],
      timezone: 'Europe/Berlin',
      max_executions: 7,
      overlap_policy: 'buffer_one',
      target_selector: 'env=production',
      variables: { S: 'schedule s3cret', J: { deep: [1, 's3cret'] }, N: 7 },
      calendars: ['freeze'],
      labels: { team: 'storage' },
      paused: true,
      status_note: '@not yet',
    },
    { kind: 'setting', name: 'timezone', value: 'Europe/Berlin' },
    { kind: 'setting', name: 'retry_backoff_coefficient', value: 1.5 },
  ],
};
const TYPES = ['targets', 'jobs', 'templates', 'settings', 'users', 'calendars', 'schedules'];
const byKind = (items: Record<string, unknown>[]) => Map.groupBy(items, ({ kind }) => kind);

test('all types travel in each format that holds them, odd texts and secrets too', async () => {
  const exported = await onNewPlatform(async (source) => {
    const { rows, summary } = await importInto(source, document);
    expect(rows.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(summary).toMatchObject({ created: document.items.length - 2, updated: 2 });
    const items = plainItems(await exportAll(source, { types: TYPES }));
    const descriptions = items.filter(({ name }) => String(name).startsWith('odd-')).map(({ description }) => description);
    expect(descriptions).toEqual(ODD);
    const texts = await Promise.all(
      [
        { types: TYPES, format: 'yaml', passphrase: PASSPHRASE },
        { types: ['targets'], format: 'csv' },
        { types: ['users'], format: 'csv' },
        { types: ['settings'], format: 'csv' },
      ].map((input) => exportText(source, input)),
    );
    expect(texts[1]?.split('\r\n').some((line) => /(^|,)"?[=+@-]/.test(line))).toBe(false);
    expect(plainItems(await exportYaml(source, { types: TYPES }))).toEqual(items);
    return { items, texts };
  });
  const [yaml = '', targets = '', users = '', settings = ''] = exported.texts;
  expect(yaml).not.toContain('s3cret');
  await onNewPlatform(async (other) => {
    const csv = { type: 'text/csv' };
    for (const text of [targets, users, settings]) {
      expect((await importInto(other, text, csv)).summary).toMatchObject({ failed: 0 });
      expect((await importInto(other, text, csv)).rows.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
    }
    const kinds = byKind(plainItems(await exportAll(other, { types: TYPES })));
    const before = byKind(exported.items);
    const withoutCredentials = (items: unknown): unknown =>
      JSON.parse(JSON.stringify(items), (key, value: unknown) => (key === 'credentials' ? undefined : value));
    expect(withoutCredentials(kinds.get('target'))).toEqual(withoutCredentials(before.get('target')));
    for (const kind of ['user', 'setting']) expect(kinds.get(kind)).toEqual(before.get(kind));
    const { summary } = await importInto(other, yaml, { type: 'application/yaml', passphrase: PASSPHRASE });
    expect(summary).toMatchObject({ created: 4, updated: 1, failed: 0 });
    expect(plainItems(await exportAll(other, { types: TYPES }))).toEqual(exported.items);
    expect(await importInto(other, yaml, { type: 'application/yaml', passphrase: PASSPHRASE, mode: 'replace' })).toMatchObject({
      summary: { unchanged: exported.items.length, removed: 0, failed: 0 },
    });
  });
}, 60_000);

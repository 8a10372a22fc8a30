import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createLog } from '../../../src/cli/log.ts';
import { selectRows } from '../../../src/db/query.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { CSV_SHEETS } from '../../../src/services/data/csv-sheets.ts';
import { startTestPlatform } from '../../support/platform.ts';
import type { Answer, TestPlatform } from '../../support/platform.ts';
import { exportAll, exportText, importInto } from '../data/support.ts';
import { addUser } from '../support/accounts.ts';
import type { UserRow } from '../support/accounts.ts';
import { BODY_HINTS } from '../support/body-hints.ts';
import { addJob, addTarget, jobNamed } from '../support/definitions.ts';
import { addExamples } from '../support/examples.ts';
import { HOSTILE, MARKER, SOME_HOSTILE } from '../support/hostile-texts.ts';
import { documentOf, fillPath, operationsIn, parametersOf } from '../support/operations.ts';
import type { Operation } from '../support/operations.ts';
import { placesOf } from '../support/places.ts';
import type { Place } from '../support/places.ts';
import { textSchemasOf } from '../support/text-schemas.ts';

type Json = Record<string, unknown>;

const at = (value: unknown, path: Place['path']): unknown =>
  path.reduce<unknown>((part, key) => (part as Json | null | undefined)?.[key], value);

/** The texts, or keys, that an answer has where its request had one; undefined when it does not show them. */
const shownOf = ({ operation, path, isKey }: Place, body: unknown): string[] | undefined => {
  const given = at(body, path);
  if (operation.path.endsWith('/restore')) return undefined; // of what is as it is to be, nothing is kept
  if (!isKey) return typeof given === 'string' ? [given] : undefined;
  return path.length > 0 && typeof given === 'object' && given !== null ? Object.keys(given) : undefined;
};

const exampleOf = ({ spec }: Operation): unknown =>
  (spec['requestBody'] as { content: Record<string, { example?: unknown }> } | undefined)?.content['application/json']?.example;

/** Places in which no text is right here, and why. */
const NEVER_RIGHT: readonly (readonly [RegExp, string])[] = [
  [/^ChangePassword\./, 'the password of the test is not in its schema'],
  [/^CredentialSecret\.oneOf[2-6]\./, 'the method of the example is SSH; CredentialInput has the same texts for all methods'],
  [/^(ChangeSettings\.values\.\{\}|ChangeSetting\.value)\.anyOf[45]/, 'the setting is a text'],
  [/csv$/, 'a sheet has rows: see its own test'],
  [/^PlanJob\.cursor$/, 'a page before gives it'],
  [/^ActionDependency\./, 'it names another action of the job'],
  [/^ActionInput\.oneOf([2-9]|10)\.action_config\.(environment|working_directory)/, 'for commands and scripts only'],
  [/^ActionInput\.oneOf([3-9]|10)\.action_config\.run_as/, 'nothing is run there as somebody'],
  [/oneOf0\.methods\[\]/, 'a method needs its type, and no others than its own fields'],
];

/** What is changed in place of a job, and of a template. */
const CHANGED: Readonly<Record<string, string>> = { J20250001: 'J20250003', J20250002: 'J20250004' };

/** Requests that are on their way together. */
const TOGETHER = 16;

/** Does the work for all, some at a time: who waits for a workflow that does not answer holds up no others. */
const forAll = async <T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> => {
  const left = items.entries();
  const goOn = async (): Promise<void> => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: TOGETHER }, goOn));
};

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => (Array.isArray(value) ? textsIn(item) : [key, ...textsIn(item)]));
};

const READ_CSV =
  'import csv, io, json, sys; print(json.dumps([c for r in csv.reader(io.TextIOWrapper(sys.stdin.buffer, "utf-8", newline="")) for c in r]))';

/** The cells of a sheet as others read it. */
const cellsOf = (sheet: string): string[] =>
  JSON.parse(spawnSync('/usr/bin/python3', ['-c', READ_CSV], { input: sheet, encoding: 'utf8', maxBuffer: 1e9 }).stdout) as string[];

describe('what is typed into any text', () => {
  let platform: TestPlatform;
  let operations: Operation[];
  let places: Map<string, Place[]>;
  let document: Record<string, unknown>;
  let bystander: UserRow;
  let before: Json[];
  /** Places of which a hostile text came back. */
  const kept = new Set<string>();
  /** A way to each place on which a right text is taken. */
  const taken = new Map<string, Place>();
  const logged: string[] = [];
  beforeAll(async () => {
    const openSession = () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'Nothing is called in this test.'));
    platform = await startTestPlatform({
      worker: false,
      openSession,
      log: createLog('trace', { write: (line) => void logged.push(line) }),
    });
    await addExamples(platform);
    bystander = await addUser('operator');
    await addTarget(platform, 'bystander.example.org');
    await addJob(platform, 'bystander');
    const variables = [{ key: 'WORD', type: 'json', value: 'plain' }];
    for (const [path, serials] of [
      ['jobs', ['J20250001', 'J20250003']],
      ['job-templates', ['J20250002', 'J20250004']],
    ] as const) {
      const [used, changed] = serials;
      const made = await platform.api('POST', `/api/v1/${path}`, jobNamed('changed'));
      await platform.db.query('UPDATE jobs SET job_serial = $1 WHERE job_serial = $2', { bind: [changed, made.body.job_serial] });
      expect((await platform.api('PUT', `/api/v1/${path}/${used}`, jobNamed('fuzz', { variables }))).status).toBe(200);
    }
    document = documentOf(platform);
    operations = operationsIn(document);
    places = placesOf(document, operations, BODY_HINTS);
    before = await bystanders();
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  /** The shape of the database, and rows that no request names. */
  const bystanders = async (): Promise<Json[]> => [
    ...(await selectRows<Json>(
      platform.db,
      `SELECT table_name, string_agg(column_name || ' ' || data_type, ', ' ORDER BY ordinal_position) AS columns FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name NOT SIMILAR TO '%[0-9]{4}_?[0-9]{2}' GROUP BY table_name ORDER BY table_name`,
    )),
    ...(await selectRows<Json>(platform.db, 'SELECT to_jsonb(u) AS row FROM users u WHERE id = $1', [bystander.id])),
    ...(await selectRows<Json>(platform.db, `SELECT to_jsonb(t) AS row FROM universal_targets t WHERE name = 'bystander.example.org'`)),
    ...(await selectRows<Json>(platform.db, `SELECT to_jsonb(j) AS row FROM jobs j WHERE name = 'bystander'`)),
    ...(await selectRows<Json>(
      platform.db,
      `SELECT to_jsonb(a) AS row FROM job_actions a JOIN jobs j ON j.id = a.job_id WHERE j.name = 'bystander'`,
    )),
  ];

  /** An answer tells of the request, and nothing of what carried it out. */
  const expectHarmless = (what: unknown[], operation: Operation, { status, headers, body }: Answer): void => {
    const text = JSON.stringify(body);
    expect([
      ...what,
      status === 429 || (status >= 500 && status !== 503),
      text.match(/syntax error|Sequelize|at or near|ENOENT|root:x:0/),
    ]).toEqual([...what, false, null]);
    expect([...what, status, Object.keys(operation.spec['responses'] as object)]).toEqual([
      ...what,
      status,
      expect.arrayContaining([String(status)]),
    ]);
    for (const name of ['x-evil', 'set-cookie']) expect([...what, headers.has(name)]).toEqual([...what, false]);
    // What a browser would take for a page comes from nowhere.
    expect(headers.get('content-type') ?? 'application/json').toMatch(/json|octet-stream|event-stream|yaml|^text\/(csv|plain)/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  };

  const events = (operation: Operation): boolean => operation.path.endsWith('/events');

  const send = async ({ operation, contentType, bodyWith }: Place, text: string): Promise<Answer> => {
    const body = bodyWith(text);
    const sent = contentType.endsWith('json') ? JSON.stringify(body) : contentType.endsWith('yaml') ? stringify(body) : String(body);
    const query = operation.path.endsWith('/artifacts') ? '?name=plain' : '';
    // A setting that is a text; and what is changed is not what others name.
    const changes = operation.method === 'PUT' || operation.path.endsWith('/restore');
    const path = fillPath(operation)
      .replace('/max_concurrent_jobs', '/timezone')
      .replace(/J2025000[12]/, (serial) => (changes ? (CHANGED[serial] ?? serial) : serial));
    return platform.api(operation.method, `${path}${query}`, sent, { 'content-type': contentType });
  };
  /** What is wrong with the body, or with a thing in it. */
  const problemOf = ({ status, body }: Answer): unknown => {
    if (status >= 400) return [400, 415, 429].includes(status) || status >= 500 ? body : undefined;
    return (body?.rows ?? []).find(({ problem }: Json) => (problem as Json | null)?.['code'] === 'VALIDATION')?.problem;
  };
  /** A list of dangerous commands that somebody made up is for what comes after it. */
  const inOrder = () =>
    [...places].toSorted(([a], [b]) => Number(a.startsWith('ChangeDangerous')) - Number(b.startsWith('ChangeDangerous')));

  test('each text of each body can be reached: with a right one there the body is taken', async () => {
    const refused: unknown[] = [];
    await forAll(inOrder(), async ([name, ways]) => {
      if (ways.every(({ schema }) => String(schema['description']).startsWith('Refused'))) return;
      if (NEVER_RIGHT.some(([never]) => never.test(name))) return;
      const problems: unknown[] = [];
      for (const place of ways) {
        const problem = problemOf(await send(place, place.right));
        if (problem === undefined) {
          taken.set(name, place);
          return;
        }
        problems.push([place.operation.path, JSON.stringify(place.bodyWith(place.right)), problem]);
      }
      refused.push([name, problems[0]]);
    });
    expect(refused).toEqual([]);
    const reached = new Set([...places.values()].flatMap((them) => them.map(({ schema }) => schema)));
    expect([...textSchemasOf(document)].filter((schema) => !reached.has(schema))).toEqual([]);
  });

  test.each(Object.entries(HOSTILE).map(([kind, texts], index) => ({ kind, texts, index })))(
    '$kind stays a text in every field and key of every body',
    async ({ kind, texts, index }) => {
      // A name of a prototype is one only as the key of an object.
      const those = inOrder().filter(([name, [place]]) => kind !== 'a prototype' || place?.isKey === true || /name$|\{\}|value/.test(name));
      await forAll(those, async ([name, ways], number) => {
        // In turn where it is known to be taken, and in another of its operations; YAML, which is slow to read, has its own turn.
        const inJson = ways.filter(({ contentType }) => !contentType.endsWith('yaml'));
        const inYaml = kind.includes('markup') ? ways.find(({ contentType }) => contentType.endsWith('yaml')) : undefined;
        const place = inYaml ?? (index % 2 === 0 ? taken.get(name) : undefined) ?? inJson[(number + index) % inJson.length];
        const text = texts[number % texts.length];
        if (place === undefined || text === undefined) return;
        const answer = await send(place, text);
        expectHarmless([name, place.operation.method, place.operation.path, text], place.operation, answer);
        if (answer.status >= 300) return;
        const shown = shownOf(place, answer.body);
        if (shown === undefined) return;
        // Names of hosts have no case.
        expect([name, shown]).toEqual([name, expect.arrayContaining([name.endsWith('.host') ? text.toLowerCase() : text])]);
        kept.add(name);
      });
    },
  );

  test('where an answer shows what it was given, texts that may be anything were kept', () => {
    // Not shown: secrets, notes, what stands in a document, and what has a grammar of its own.
    expect(kept.size).toBeGreaterThan(120);
  });

  test.each(CSV_SHEETS.map((sheet) => [sheet.type, sheet] as const))(
    'nor is it more than a text in a cell of a sheet of %s',
    async (_, sheet) => {
      const texts = Object.values(HOSTILE).flat();
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const problems: Json[] = [];
      for (const column of sheet.columns) {
        const right = (name: string, row: string): string =>
          name === sheet.mark
            ? row
            : name === 'method_type'
              ? 'ssh'
              : name === 'host'
                ? `${row}.example.org`
                : name === 'email'
                  ? `${row}@example.org`
                  : '';
        const rows = texts.map((text, index) =>
          sheet.columns.map((name) => (name === column ? quoted(text) : right(name, `${column.replaceAll('_', '-')}-${index}`))),
        );
        const report = await importInto(platform, [sheet.columns, ...rows].map((cells) => cells.join(',')).join('\r\n'), {
          type: 'text/csv',
        });
        expect(report.rows.length).toBeGreaterThan(0);
        problems.push(...report.rows.map(({ problem }) => ({ ...problem })));
      }
      expect(problems.filter(({ status }) => Number(status) >= 500)).toEqual([]);
      expect(problems.some(({ code }) => code === undefined)).toBe(sheet.type !== 'settings');
    },
  );

  test('what was kept comes out again as it was, and no spreadsheet takes it for a formula', async () => {
    const all = Object.values(HOSTILE)
      .flat()
      .filter((text) => text.length > 12);
    const types = ['settings', 'users', 'calendars', 'targets', 'templates', 'jobs', 'schedules'];
    const out = textsIn(await exportAll(platform, { types }));
    const marked = out.filter((text) => all.some((hostile) => text.includes(hostile.slice(0, 12))));
    expect(marked.length).toBeGreaterThan(100);
    expect(marked.filter((text) => !all.some((hostile) => text.includes(hostile)))).toEqual([]);
    const sheets = await Promise.all(CSV_SHEETS.map(({ type }) => exportText(platform, { types: [type], format: 'csv' })));
    const { body: audit } = await platform.api('GET', '/api/v1/audit/export?format=csv');
    const cells = [...sheets, String(audit)].flatMap(cellsOf);
    expect(cells.length).toBeGreaterThan(1_000);
    expect(cells.filter((text) => /^[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?\d+$/.test(text))).toEqual([]);
  });
  test.each(SOME_HOSTILE)('%s is refused, or finds nothing, in every parameter', async (_, payload) => {
    const text = encodeURIComponent(payload);
    for (const operation of operations.filter((one) => !events(one))) {
      const sent = operation.method === 'GET' || operation.method === 'DELETE' ? undefined : exampleOf(operation);
      for (const { name } of parametersOf(operation, 'query'))
        expectHarmless(
          [operation.path, name],
          operation,
          await platform.api(operation.method, `${fillPath(operation)}?${name}=${text}`, sent),
        );
      for (const { name } of parametersOf(operation, 'path')) {
        const path = operation.path.replace(`{${name}}`, text).replaceAll(/\{\w+\}/g, 'J20250001');
        const answer = await platform.api(operation.method, path, sent);
        expectHarmless([operation.path, name], operation, answer);
        // A schema is looked for by any short name.
        const refused = operation.access === 'public' ? [400, 404] : [400];
        expect([operation.path, name, refused.includes(answer.status), answer.status]).toEqual([operation.path, name, true, answer.status]);
      }
    }
  });

  test.each(SOME_HOSTILE.filter(([kind]) => kind.endsWith('(1)')))(
    '%s is refused, or means nothing, in every header',
    async (_, payload) => {
      // Whoever sends line breaks in a header never reaches us: no client can, and the server closes the connection.
      const text = payload.replaceAll(/[^\x20-\x7e]/g, '_');
      for (const operation of operations.filter((one) => !events(one))) {
        const names = [
          ...parametersOf(operation, 'header').map(({ name }) => name),
          'x-request-id',
          'user-agent',
          'accept',
          'x-forwarded-for',
          'accept-encoding',
        ];
        for (const name of names) {
          const answer = await platform.api(operation.method, fillPath(operation), exampleOf(operation), { [name]: text });
          expectHarmless([operation.method, operation.path, name], operation, answer);
        }
      }
    },
  );

  test('nothing of it was done', async () => {
    expect(existsSync(MARKER)).toBe(false);
    expect(await bystanders()).toEqual(before);
    expect(Object.keys({})).toEqual([]);
    expect(({} as Json)['evil']).toBeUndefined();
  });

  test('no line of the log is broken, or made up, by it', () => {
    expect(logged.length).toBeGreaterThan(1_000);
    // oxlint-disable-next-line no-control-regex
    const broken = logged.filter((line) => !line.endsWith('}\n') || /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line.slice(0, -1)));
    expect(broken).toEqual([]);
    const read = logged.map((line) => JSON.parse(line) as Json);
    expect(read.filter(({ level, msg }) => Number(level) >= 50 || msg === 'forged')).toEqual([]);
  });
});

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow } from '../../../src/db/query.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { startTestPlatform } from '../../support/platform.ts';
import type { Answer, TestPlatform } from '../../support/platform.ts';
import { addExamples } from '../support/examples.ts';
import { fillPath, operationsOf, parametersOf } from '../support/operations.ts';
import type { Operation } from '../support/operations.ts';

const MARKER = join(tmpdir(), `opsc-injected-${randomUUID()}`);

const PAYLOADS = {
  SQL: `x'; DROP TABLE users CASCADE; --`,
  'SQL that waits': `x' || (SELECT pg_sleep(600)) || '`,
  'a format of SQL': `$1 %s %I :name ?`,
  shell: `$(touch ${MARKER}) \`touch ${MARKER}\`; touch ${MARKER} | touch ${MARKER} & touch ${MARKER}`,
  path: '../../../../../../etc/passwd',
  'an address': 'file:///etc/passwd#http://169.254.169.254/latest/',
  header: 'x\r\nX-Evil: 1\r\nSet-Cookie: evil=1\r\n\r\n<html>',
  log: 'x\n{"level":60,"msg":"forged"}\u001b[2J\u2028',
  'a formula': `=cmd|' /C calc'!A0`,
  script: '"><script>alert(1)</script><img src=x onerror=alert(1)>',
  template: '{{7*7}}#{7*7}<%= 7*7 %>',
  'a prototype': '__proto__',
} as const;

type Json = Record<string, unknown>;
type Path = readonly (string | number)[];

const textsOf = (value: unknown, path: Path = []): Path[] => {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, Array.isArray(value) ? Number(key) : key]));
};

const at = (value: unknown, path: Path): unknown => path.reduce<unknown>((part, key) => (part as Json | null | undefined)?.[key], value);

const withText = (value: unknown, [key, ...rest]: Path, text: string): unknown => {
  if (key === undefined) return text;
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? withText(item, rest, text) : item));
  return { ...(value as Json), [key]: withText((value as Json)[key], rest, text) };
};

const exampleOf = ({ spec }: Operation): unknown =>
  (spec['requestBody'] as { content: Record<string, { example?: unknown }> } | undefined)?.content['application/json']?.example;

describe('what is typed into any text', () => {
  let platform: TestPlatform;
  let operations: Operation[];
  beforeAll(async () => {
    const openSession = () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'Nothing is called in this test.'));
    platform = await startTestPlatform({ worker: false, openSession });
    await addExamples(platform);
    operations = operationsOf(platform);
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  /** An answer tells of the request, and nothing of what carried it out. */
  const expectHarmless = (what: unknown[], { status, headers, body }: Answer): void => {
    const text = JSON.stringify(body);
    expect([...what, status >= 500 && status !== 503, text.match(/syntax error|Sequelize|at or near|ENOENT|root:x:0/)]).toEqual([
      ...what,
      false,
      null,
    ]);
    for (const name of ['x-evil', 'set-cookie']) expect([...what, headers.has(name)]).toEqual([...what, false]);
    // What a browser would take for a page comes from nowhere.
    expect(headers.get('content-type') ?? 'application/json').toMatch(/json|octet-stream|event-stream|^text\/(csv|plain)/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  };

  const events = (operation: Operation): boolean => operation.path.endsWith('/events');

  test.each(Object.entries(PAYLOADS))('%s stays a text in every field of every body', async (_, payload) => {
    let kept = 0;
    const send = async (operation: Operation, example: unknown, path: Path): Promise<void> => {
      const answer = await platform.api(operation.method, fillPath(operation), withText(example, path, payload));
      expectHarmless([operation.method, operation.path, path], answer);
      const given = at(answer.body, path);
      if (answer.status >= 300 || typeof given !== 'string') return;
      expect([operation.path, path, given]).toEqual([operation.path, path, payload]);
      kept += 1;
    };
    for (const operation of operations) {
      const example = exampleOf(operation);
      await Promise.all(textsOf(example).map((path) => send(operation, example, path)));
    }
    expect(kept).toBeGreaterThan(0);
  });

  test.each(Object.entries(PAYLOADS))('%s is refused, or finds nothing, in every parameter', async (_, payload) => {
    const text = encodeURIComponent(payload);
    for (const operation of operations.filter((one) => !events(one))) {
      const sent = operation.method === 'GET' || operation.method === 'DELETE' ? undefined : exampleOf(operation);
      for (const { name } of parametersOf(operation, 'query'))
        expectHarmless([operation.path, name], await platform.api(operation.method, `${fillPath(operation)}?${name}=${text}`, sent));
      for (const { name } of parametersOf(operation, 'path')) {
        const path = operation.path.replace(`{${name}}`, text).replaceAll(/\{\w+\}/g, 'J20250001');
        const answer = await platform.api(operation.method, path, sent);
        expectHarmless([operation.path, name], answer);
        // A schema is looked for by any short name.
        const refused = operation.access === 'public' ? [400, 404] : [400];
        expect([operation.path, name, refused.includes(answer.status), answer.status]).toEqual([operation.path, name, true, answer.status]);
      }
    }
  });

  test.each(Object.entries(PAYLOADS).filter(([kind]) => ['SQL', 'path', 'header', 'a prototype'].includes(kind)))(
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
          expectHarmless([operation.method, operation.path, name], answer);
        }
      }
    },
  );

  test('nothing of it was done', async () => {
    expect(existsSync(MARKER)).toBe(false);
    const row = await selectRow<{ users: number }>(platform.db, 'SELECT count(*)::int AS users FROM users');
    expect(row?.users).toBeGreaterThan(0);
    expect(Object.keys({})).toEqual([]);
    expect(({} as Json)['evil']).toBeUndefined();
  });
});

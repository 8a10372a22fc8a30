import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindTemplate } from '../../../src/domain/template/bind-template.ts';
import { parseTemplate, referencesOf } from '../../../src/domain/template/parse-template.ts';
import { renderTemplate } from '../../../src/domain/template/render-template.ts';
import { variableText } from '../../../src/domain/template/value.ts';
import type { Place, TemplateValue } from '../../../src/domain/template/value.ts';

const render = (text: string, place: Place, values: Record<string, TemplateValue>): string =>
  renderTemplate(parseTemplate(text), place, (reference) => (reference.kind === 'variable' ? values[reference.name] : undefined));

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(fc.constantFrom('"', '\\', '{', '}', ',', ':', '/', '..', '.', '?', '#', '@', '%2e', '&', '\n', '\r', 'a', "'", '[', ']'))
    .map((parts) => parts.join('')),
);
const refusedOr = (attempt: () => string): string | undefined => {
  try {
    return attempt();
  } catch (error) {
    expect(error).toMatchObject({ code: 'VALIDATION' });
    return undefined;
  }
};

test('a JSON string holds any text as it is, and a bare reference the value with its type', () => {
  fc.assert(
    fc.property(anyText, fc.jsonValue(), (text, value) => {
      const body = render('{"a": "x ${A} y", "b": [${B}, 1], "c": ${B}}', 'json', { A: text, B: value });
      expect(JSON.parse(body)).toEqual({
        a: `x ${text} y`,
        b: [JSON.parse(JSON.stringify(value)), 1],
        c: JSON.parse(JSON.stringify(value)),
      });
    }),
  );
});

test.each(['[1${A}]', '["\\${A}"]', '${A}${A}'])('a reference that JSON cannot take is refused: %s', (text) => {
  expect(() => render(text, 'json', { A: '2' })).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test('no value leaves its place in a URL', () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = refusedOr(() => render('https://u:${A}@host.example:8443/api/${A}/x${A}?q=${A}&r=1#${A}', 'url', { A: value }));
      if (text === undefined) {
        expect(['.', '..']).toContain(value);
        return;
      }
      const url = new URL(text);
      expect([url.host, decodeURIComponent(url.password), decodeURIComponent(url.hash)]).toEqual([
        'host.example:8443',
        value,
        value === '' ? '' : `#${value}`,
      ]);
      expect(url.pathname.split('/').map(decodeURIComponent)).toEqual(['', 'api', value, `x${value}`]);
      expect([...url.searchParams]).toEqual([
        ['q', value],
        ['r', '1'],
      ]);
    }),
  );
});

test('a host or port is one, or it is refused', () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = refusedOr(() => render('https://api.${A}:1/x', 'url', { A: value }));
      if (text !== undefined) expect(text).toMatch(/^https:\/\/api\.[A-Za-z0-9._-]+:1\/x$/);
      const port = refusedOr(() => render('https://a:${A}/x', 'url', { A: value }));
      if (port !== undefined) expect(port).toMatch(/^https:\/\/a:\d+\/x$/);
    }),
  );
});

test.each([
  ['https://${A}/x', 'web.example', 'https://web.example/x'],
  ['https://${A}:8443/x', '10.0.0.7', 'https://10.0.0.7:8443/x'],
  ['https://${A}:8443/x', 'fe80::1', 'https://[fe80::1]:8443/x'],
  ['https://[${A}]:1/x', '::1', 'https://[::1]:1/x'],
  ['postgresql://ops:${A}@db/ops', 'p@ss/w:rd', 'postgresql://ops:p%40ss%2Fw%3Ard@db/ops'],
  ['/items/${A}', 'a b/c', '/items/a%20b%2Fc'],
])('%s with %s is %s', (text, value, expected) => {
  expect(render(text, 'url', { A: value })).toBe(expected);
});

test.each([
  ['https://${A}/x', 'evil.example/y'],
  ['https://${A}.good.example/x', 'evil.example#'],
  ['https://host/${A}/x', '..'],
  ['https://host/%2e${A}/x', '.'],
  ['${A}/x', 'https://evil.example'],
  ['/${A}/evil.example', ''],
])('%s with %j is refused', (text, value) => {
  expect(() => render(text, 'url', { A: value })).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test('a header stays one line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const text = refusedOr(() => render('Bearer ${A}', 'header', { A: value }));
      if (text === undefined) expect(value).toMatch(/\p{Cc}/u);
      else expect([text, /[\r\n\0]/.test(text)]).toEqual([`Bearer ${value}`, false]);
    }),
  );
});

test('a statement keeps its text, its values are bound with their types', () => {
  fc.assert(
    fc.property(anyText, fc.integer(), (text, number) => {
      const template = parseTemplate('SELECT * FROM ${raw:TABLE} WHERE a = ${A} AND b = ${params.b} AND c = ${C}');
      const bound = bindTemplate(template, (reference) =>
        reference.kind === 'param'
          ? number
          : reference.kind === 'variable'
            ? { TABLE: 'hosts', A: text, C: { x: [1] } }[reference.name]
            : undefined,
      );
      expect(bound).toEqual({
        segments: ['SELECT * FROM hosts WHERE a = ', ' AND b = ', ' AND c = ', ''],
        values: [text, number, '{"x":[1]}'],
      });
    }),
  );
});

test('a reference without a value is an error before anything is made, in any place', () => {
  const places: Place[] = ['plain', 'posix_shell', 'powershell', 'cmd', 'json', 'url', 'header'];
  for (const place of places) {
    expect(() => render('/x ${MISSING}', place, {})).toThrow(
      expect.objectContaining({ code: 'VARIABLE_MISSING', message: expect.stringContaining('${MISSING}') }),
    );
  }
  expect(() => bindTemplate(parseTemplate('${MISSING}'), () => undefined)).toThrow(expect.objectContaining({ code: 'VARIABLE_MISSING' }));
});

test('what a value holds is not rendered again', () => {
  expect(render('${A}', 'plain', { A: '${B} $& $1 $${B}', B: 'x' })).toBe('${B} $& $1 $${B}');
});

test('what is no reference stays, and $${ is a literal ${', () => {
  const text = '$HOME $1 $(date) ${x:-y} ${lower} ${} ${1A} ${ A } $ %A% {{A}}';
  expect(render(`${text} $\${HOME}`, 'plain', {})).toBe(`${text} \${HOME}`);
});

test('references are read with their kind, key, field and path', () => {
  const references = referencesOf(
    parseTemplate('${A_1} ${raw:B} ${params.p_1} ${actions.ask.output.items[0].id} ${actions.ask.exit_code}'),
  );
  expect(references.map(({ reference, isRaw }) => [reference, isRaw])).toEqual([
    [{ kind: 'variable', name: 'A_1' }, false],
    [{ kind: 'variable', name: 'B' }, true],
    [{ kind: 'param', name: 'p_1' }, false],
    [{ kind: 'action', key: 'ask', field: 'output', path: ['items', 0, 'id'] }, false],
    [{ kind: 'action', key: 'ask', field: 'exit_code', path: [] }, false],
  ]);
});

test.each([
  '${actions.ask}',
  '${actions.ask.stdout}',
  '${actions.Ask.output}',
  '${actions.ask.status.x}',
  '${params.Big}',
  '${raw:lower}',
  '${actions.ask.output',
])('%s looks like a reference and is reported as none', (text) => {
  expect(parseTemplate(text).problems).toHaveLength(1);
});

test('any text without ${ is one part, unchanged', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('${') && text !== ''),
      (text) => {
        expect(parseTemplate(text)).toEqual({ parts: [{ kind: 'text', text }], problems: [], leftAlone: [] });
      },
    ),
  );
});

test('strings reach a target as they are, all else as JSON', () => {
  expect(['a b', 1.5, true, [1, 'x'], { a: null }].map(variableText)).toEqual(['a b', '1.5', 'true', '[1,"x"]', '{"a":null}']);
});

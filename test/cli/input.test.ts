import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseVariables, splitAssignment, typedValue } from '../../src/cli/parse-variables.ts';
import { parseDefinition, withLines } from '../../src/cli/read-definition.ts';
import { OpsError } from '../../src/domain/ops-error.ts';

const declared = [
  { key: 'COUNT', type: 'number', is_secret: false },
  { key: 'FLAG', type: 'boolean', is_secret: false },
  { key: 'TEXT', type: 'string', is_secret: false },
  { key: 'DATA', type: 'json', is_secret: false },
  { key: 'PASSWORD', type: 'string', is_secret: true },
];

const silent = (): void => undefined;

test('values get the types that the job declares', async () => {
  const values = await parseVariables(
    declared,
    ['COUNT=1e3', 'FLAG=true', 'TEXT=a=b', 'DATA={"x":[1]}'],
    { key: 'PASSWORD', text: 's' },
    silent,
  );
  expect(values).toEqual({ COUNT: 1000, FLAG: true, TEXT: 'a=b', DATA: { x: [1] }, PASSWORD: 's' });
});

test.each([
  ['number', '', 'must be a number'],
  ['number', 'ten', 'must be a number'],
  ['number', 'Infinity', 'must be a number'],
  ['boolean', 'yes', 'must be true or false'],
  ['json', '{', 'is not JSON'],
])('a %s cannot be %j', (type, text, why) => expect(() => typedValue('K', type, text)).toThrow(why));

test('a value is read from a file, without its last line end; @@ stands for @', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'opsc-vars-'));
  const path = join(folder, 'value');
  await writeFile(path, 'two\nlines\n');
  expect(await parseVariables(declared, [`TEXT=@${path}`], undefined, silent)).toEqual({ TEXT: 'two\nlines' });
  expect(await parseVariables(declared, ['TEXT=@@home'], undefined, silent)).toEqual({ TEXT: '@home' });
  await expect(parseVariables(declared, [`TEXT=@${path}.none`], undefined, silent)).rejects.toThrow('cannot be read (ENOENT)');
  await rm(folder, { recursive: true });
});

test('a secret among the arguments is warned about, without repeating it', async () => {
  const warnings: string[] = [];
  await parseVariables(declared, ['PASSWORD=hunter2'], undefined, (text) => void warnings.push(text));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('--var-stdin PASSWORD');
  expect(warnings[0]).not.toContain('hunter2');
});

test('an unknown variable is answered with the known ones', async () => {
  await expect(parseVariables(declared, ['NOPE=1'], undefined, silent)).rejects.toThrow('declares COUNT, FLAG, TEXT, DATA, PASSWORD');
  expect(() => splitAssignment('=x', '--var')).toThrow('NAME=VALUE');
});

const YAML = 'name: x\nactions:\n  - action_type: command\n    action_name: ""\n';

test('mistakes in YAML are told with their lines', () => {
  const errorOf = (): unknown => {
    try {
      return parseDefinition('name: x\nactions: [1\nb: }\n', 'job.yaml');
    } catch (error) {
      return error;
    }
  };
  const error = errorOf();
  expect(error).toBeInstanceOf(OpsError);
  expect((error as OpsError).fields[0]?.path).toMatch(/^job\.yaml:3:\d+$/);
});

test('JSON is read too; what is no mapping is refused', () => {
  expect(parseDefinition('{"name": "x"}', 'job.json').value).toEqual({ name: 'x' });
  expect(() => parseDefinition('- a', 'job.yaml')).toThrow('must be a mapping');
  expect(() => parseDefinition('', 'job.yaml')).toThrow('must be a mapping');
  expect(() => parseDefinition('a: 1\na: 2', 'job.yaml')).toThrow(OpsError);
});

test('what the server says about a field gets the line of the field, or of the nearest part around it', async () => {
  const definition = parseDefinition(YAML, 'job.yaml');
  const fields = [
    { path: 'actions.0.action_name', message: 'is empty' },
    { path: 'actions.0.action_parameters.command', message: 'is missing' },
    { path: 'targets', message: 'is missing' },
  ];
  const refused = withLines(definition, Promise.reject(new OpsError('VALIDATION', 'Wrong.', { fields })));
  const error = await refused.catch((caught: unknown) => caught as OpsError);
  expect(error.fields.map(({ message }) => message)).toEqual(['is empty (line 4)', 'is missing (line 3)', 'is missing']);
});

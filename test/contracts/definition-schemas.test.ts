import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CREATE_JOB } from '../../src/api/examples/jobs.ts';
import { CREATE_TARGET } from '../../src/api/examples/targets.ts';
import { DEFINITION_NAMES } from '../../src/contracts/definition-names.ts';
import type { DefinitionName } from '../../src/contracts/definition-names.ts';
import { definitionSchema } from '../../src/contracts/definition-schemas.ts';
import { CreateJob } from '../../src/contracts/job.ts';

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const validatorOf = (name: DefinitionName) =>
  new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false }).compile(definitionSchema(name));
const validators = { job: validatorOf('job'), target: validatorOf('target'), document: validatorOf('document') };

/** The jobs of the documentation that are whole. */
const documented = ['run-a-job', 'runs', 'variables', 'actions', 'files', 'protocols'].flatMap((page) =>
  [...textOf(`docs/${page}.md`).matchAll(/```yaml\n([\s\S]*?)```/g)]
    .map(([, yaml = '']) => parse(yaml) as Record<string, unknown>)
    .flatMap((job) => ('name' in job && 'actions' in job ? [[page, job] as const] : [])),
);

test.each(DEFINITION_NAMES)('schemas/%s.schema.json is that of this version (npm run schemas makes it)', (name) =>
  expect(JSON.parse(textOf(`schemas/${name}.schema.json`))).toEqual(JSON.parse(JSON.stringify(definitionSchema(name)))),
);

describe('the schemas of definitions', () => {
  test('take the jobs and targets of the documentation', () => {
    expect(documented.length).toBeGreaterThan(0);
    for (const [page, job] of [...documented, ['api', CREATE_JOB] as const]) {
      validators.job(job);
      expect([page, validators.job.errors]).toEqual([page, null]);
      expect([page, CreateJob.safeParse(job).error?.issues]).toEqual([page, undefined]);
    }
    validators.target(CREATE_TARGET);
    expect(validators.target.errors).toBeNull();
  });

  const [, job = {}] = documented[0] ?? [];
  test.each([
    ['a misspelt field', { ...job, timeout: 3 }],
    ['no action', { ...job, actions: [] }],
    ['an action without its name', { ...job, actions: [{ action_type: 'command', action_parameters: { command: 'true' } }] }],
    ['a kind of action that there is not', { ...job, actions: [{ action_type: 'magic', action_name: 'x', action_parameters: {} }] }],
    [
      'a parameter of another kind of action',
      { ...job, actions: [{ action_type: 'wait', action_name: 'x', action_parameters: { command: 'x' } }] },
    ],
    ['a target that is no serial', { ...job, targets: ['web1'] }],
  ])('refuse %s', (_what, wrong) => expect(validators.job(wrong)).toBe(false));

  test('refuse a target without a method, and a method that mixes two protocols', () => {
    expect(validators.target({ name: 'a', methods: [] })).toBe(false);
    expect(validators.target({ name: 'a', methods: [{ method_type: 'ssh', host: 'x', config: { database: 'y' } }] })).toBe(false);
  });

  const { targets: _targets, ...plain } = CREATE_JOB;
  test('take one thing with its kind, a list of them, and what an export writes', () => {
    const items = [
      { kind: 'job', ...plain, targets: ['web1'] },
      { kind: 'target', name: 'web1', os_type: 'linux' },
      { kind: 'setting', name: 'max_concurrent_jobs', value: 5 },
    ];
    for (const document of [items[0], items, { opsconductor: 1, items }]) {
      validators.document(document);
      expect(validators.document.errors).toBeNull();
    }
    for (const wrong of [{ kind: 'server', name: 'x' }, [{ ...items[0], actions: [] }], { items: [{ kind: 'target', nam: 'x' }] }])
      expect(validators.document(wrong)).toBe(false);
  });

  test('have a stable name, a title, and refer to nothing outside', () => {
    for (const name of DEFINITION_NAMES) {
      const schema = definitionSchema(name);
      expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `urn:opsconductor:schema:${name}` });
      for (const [, ref = ''] of JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)) expect(ref).toMatch(/^#/);
    }
  });
});

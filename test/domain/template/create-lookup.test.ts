import { expect, test } from 'vitest';
import { createLookup } from '../../../src/domain/template/create-lookup.ts';
import { parseTemplate } from '../../../src/domain/template/parse-template.ts';
import { renderTemplate } from '../../../src/domain/template/render-template.ts';

const VALUES = {
  NAME: 'web',
  COUNT: 3,
  NOTHING: null,
  actions: {
    ask: { output: '{"items":[{"id":7,"tags":["a","b"]}],"none":null}', error: '', exit_code: 0, status: 'completed' },
    passed: { output: '', error: '', exit_code: null, status: 'skipped' },
    noise: { output: 'no json', error: 'oh', exit_code: null, status: 'failed' },
  },
};
const render = (text: string) => renderTemplate(parseTemplate(text), 'plain', createLookup(VALUES, { id: 5, nothing: null }));

test.each([
  ['${NAME} ${COUNT}', 'web 3'],
  ['${actions.ask.exit_code} ${actions.ask.status} ${actions.noise.error}', '0 completed oh'],
  ['${actions.ask.output.items[0].id}', '7'],
  ['${actions.ask.output.items[0].tags}', '["a","b"]'],
  ['${actions.noise.output}', 'no json'],
  ['${actions.passed.status}', 'skipped'],
  ['${params.id} ${params.nothing}', '5 null'],
])('%s is %s', (text, expected) => {
  expect(render(text)).toBe(expected);
});

test.each([
  ['${MISSING}', '${MISSING} has no value. Declare it'],
  ['${NOTHING}', '${NOTHING} has no value'],
  ['${params.other}', 'The parameter ${params.other} has no value'],
  ['${actions.later.output}', 'the action "later" has not run on this target'],
  ['${actions.passed.output}', 'the action "passed" has not run on this target'],
  ['${actions.noise.exit_code}', 'the action "noise" ended without one'],
  ['${actions.noise.output.x}', 'gave no JSON'],
  ['${actions.ask.output.items[1].id}', 'there is no ${actions.ask.output.items[1]} in the JSON'],
  ['${actions.ask.output.constructor}', 'there is no ${actions.ask.output.constructor} in the JSON'],
  ['${actions.constructor.output}', 'has not run on this target'],
  ['${PREVIOUS_ACTION_OUTPUT}', 'no action has run before'],
  ['${LOOP_ITEM}', 'in no loop over a list'],
])('%s is an error that says why', (text, reason) => {
  expect(() => render(text)).toThrow(expect.objectContaining({ code: 'VARIABLE_MISSING', message: expect.stringContaining(reason) }));
});

test.each(['CONSTRUCTOR', '__PROTO__', 'toString'])('%s is no variable unless it was given', (name) => {
  expect(createLookup({})({ kind: 'variable', name })).toBeUndefined();
});

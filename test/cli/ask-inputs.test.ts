import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { askInputs } from '../../src/cli/ask-inputs.ts';
import type { CliSession } from '../../src/cli/cli-session.ts';
import type { ShownVariable } from '../../src/contracts/job-variable.ts';

const variable = (key: string, fields: Partial<ShownVariable> = {}): ShownVariable => ({
  key,
  type: 'string',
  value: null,
  is_secret: false,
  is_required: false,
  is_input: true,
  ...fields,
});

/** A person at a terminal who gives these answers, one to each question. */
const personWith = (answers: readonly string[], isTTY = true) => {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stderr = new PassThrough();
  let output = '';
  const next = answers.values();
  stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (!/[\])]: $/.test(stripVTControlCharacters(output))) return;
    const { value } = next.next();
    if (value !== undefined) setImmediate(() => stdin.write(`${value}\r`));
  });
  const say = (text: string): void => void stderr.write(`${text}\n`);
  const session = { stdin, stderr, say } as unknown as CliSession;
  return { session, output: () => output };
};

test('each input is asked until its value fits; choices by number or text, Enter takes what is proposed, a secret is not shown', async () => {
  const declared = [
    variable('CHANNEL', { choices: ['stable', 'beta'], value: 'stable', description: 'which one' }),
    variable('COUNT', { type: 'number', min: 2, max: 3, is_required: true }),
    variable('TAG', { pattern: 'v[0-9]' }),
    variable('TOKEN', { is_secret: true }),
    variable('KEPT', { value: 'as it is' }),
    variable('GIVEN'),
    variable('QUIET', { is_input: false }),
  ];
  const person = personWith(['2', '', 'x', '9', '2', 'v1x', 'v1', 'hunter2', '']);
  const values = await askInputs(person.session, declared, { GIVEN: 'here' });
  expect(values).toEqual({ GIVEN: 'here', CHANNEL: 'beta', COUNT: 2, TAG: 'v1', TOKEN: 'hunter2' });
  const said = person.output();
  for (const text of [
    'which one\n',
    '  1) stable\n  2) beta\n',
    'CHANNEL (string) [stable]: ',
    'COUNT must have a value.',
    'The variable COUNT must be a number.',
    'COUNT must be at most 3.',
    'TAG must match v[0-9].',
    'TOKEN (secret): ',
    'KEPT (string) [as it is]: ',
  ])
    expect(said).toContain(text);
  expect(said).not.toContain('hunter2');
  expect(said).not.toMatch(/GIVEN|QUIET/);
});

test('what is required and has no value is asked, too; without a terminal nothing is', async () => {
  const declared = [
    variable('NEEDED', { is_input: false, is_required: true }),
    variable('HAD', { is_input: false, is_required: true, value: 'x' }),
  ];
  expect(await askInputs(personWith(['yes']).session, declared, {})).toEqual({ NEEDED: 'yes' });
  expect(await askInputs(personWith([], false).session, declared, {})).toEqual({});
});

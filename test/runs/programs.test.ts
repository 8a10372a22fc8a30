import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRows } from '../../src/db/query.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const script = (scriptType: string, scriptContent: string, args: string[] = [], fields: Record<string, unknown> = {}) => ({
  action_type: 'script',
  action_name: scriptType,
  action_parameters: { scriptType, scriptContent, arguments: args },
  ...fields,
});

describe.skipIf(withoutSshd)('programs of a run (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let target: string;
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    [target = ''] = await addTargets(platform, fleet, 1);
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    await platform.untilEnded(serial);
    return { serial, results: (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data };
  };

  const linesOf = (serial: string) =>
    selectRows<{ line_number: number; log_message: string; continues: boolean }>(
      platform.db,
      `SELECT l.line_number, l.log_message, coalesce((l.log_details->>'continues')::boolean, false) AS continues
       FROM job_execution_logs l JOIN job_executions e ON e.id = l.job_execution_id WHERE e.execution_serial = $1 AND l.stream = 'stdout' ORDER BY l.line_number`,
      [serial],
    );

  test.each([
    ['sh', 'for a in "$@"; do echo "<$a>"; done'],
    ['bash', 'set -o pipefail; all=("$@"); printf "<%s>\\n" "${all[@]}"'],
    ['python', 'import sys\nfor a in sys.argv[1:]:\n    print("<%s>" % a)'],
    ['javascript', 'for (const a of process.argv.slice(2)) console.log(`<${a}>`);'],
  ])('a %s script gets its arguments as they are, with the values of variables', async (type, text) => {
    const variables = [{ key: 'PLACE', value: 'a b; $(id) "x"' }];
    const { results } = await run([script(type, text, ['one', 'two words', '${PLACE}', '--in=${PLACE}', '$HOME *', ''])], { variables });
    const value = 'a b; $(id) "x"';
    expect(results[0]).toMatchObject({ status: 'completed', exit_code: 0, result_error: '' });
    expect(results[0].result_output).toBe(
      ['one', 'two words', value, `--in=${value}`, '$HOME *', ''].map((word) => `<${word}>\n`).join(''),
    );
  });

  test('variables reach a program as text, whatever their type; a run may override them', async () => {
    const job = await platform.api('POST', '/api/v1/jobs', {
      name: 'variables',
      targets: [target],
      variables: [
        { key: 'NUMBER', type: 'number', value: 1.5 },
        { key: 'FLAG', type: 'boolean', value: true },
        { key: 'TREE', type: 'json', value: { a: [1, 'x y'], b: null } },
        { key: 'TEXT', value: 'as it is' },
        { key: 'CHANGED', type: 'number', value: 1 },
      ],
      actions: [command('printf "%s\\n" "$NUMBER" "$FLAG" "$TREE" "$TEXT" "$CHANGED" "$TARGET_SERIAL"')],
    });
    const started = await platform.api('POST', `/api/v1/jobs/${job.body.job_serial}/executions`, { variables: { CHANGED: 2 } });
    const serial: string = started.body.execution_serial;
    await platform.untilEnded(serial);
    expect((await linesOf(serial)).map((line) => line.log_message)).toEqual([
      '1.5',
      'true',
      expect.stringMatching(/^\{/),
      'as it is',
      '2',
      target,
    ]);
    expect(JSON.parse((await linesOf(serial))[2]?.log_message ?? '')).toEqual({ a: [1, 'x y'], b: null });
  });

  test('invalid UTF-8, NUL and terminal colours are stored as text', async () => {
    const write = `import sys\nsys.stdout.buffer.write(b'a\\xff\\xc3b\\x00c\\n\\x1b[31mred\\x1b[0m\\r\\n\\xef\\xbb\\xbflast \\xf0\\x9f\\x98\\x80')`;
    const { serial, results } = await run([script('python', write)]);
    const lines = ['a\ufffd\ufffdb\u2400c', '\u001b[31mred\u001b[0m', '\ufefflast 😀'];
    expect((await linesOf(serial)).map((line) => line.log_message)).toEqual(lines);
    expect(results[0]).toMatchObject({ status: 'completed', output_lines: 3, output_truncated: false });
    expect(results[0].result_output).toBe(`${lines.join('\n')}\n`);
  });

  test('a line of 5 MB is stored in pieces and complete', async () => {
    const write = `import sys\nfor n in range(500000):\n    sys.stdout.write('%06d\\U0001f600' % n)\nsys.stdout.write('\\nend\\n')`;
    const { serial, results } = await run([script('python', write, [], { action_config: { environment: { PYTHONIOENCODING: 'utf-8' } } })]);
    const lines = await linesOf(serial);
    const expected = Array.from({ length: 500_000 }, (_, number) => `${String(number).padStart(6, '0')}😀`).join('');
    const pieces = lines.slice(0, -1);
    expect(pieces.map((line) => line.log_message).join('') === expected).toBe(true);
    expect(pieces.map((line) => line.continues)).toEqual([...pieces.slice(1).map(() => true), false]);
    expect(lines.at(-1)).toMatchObject({ log_message: 'end', continues: false });
    const first = lines[0]?.line_number ?? 0;
    expect(lines.map((line) => line.line_number)).toEqual(lines.map((_, index) => first + index));
    expect(results[0]).toMatchObject({ status: 'completed', output_bytes: 5_000_005, output_truncated: true, output_lines: lines.length });
    expect(Buffer.byteLength(results[0].result_output)).toBeLessThanOrEqual(1_048_576);
    expect(results[0].result_output.endsWith('499999😀\nend\n')).toBe(true);
  });
});

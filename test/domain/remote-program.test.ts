import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Interpreter } from '../../src/contracts/transport.ts';
import { endProgram } from '../../src/domain/end-program.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createPidLineFilter } from '../../src/domain/pid-line-filter.ts';
import { buildRemoteProgram } from '../../src/domain/remote-program.ts';
import { markedProcesses } from '../support/marked-processes.ts';
import { buildProgram, runBuilt, runLocally } from '../support/run-built-program.ts';

const has = (program: string): boolean => spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'opsc program '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shells = ['/bin/sh', ...['bash', 'fish', 'csh', 'zsh', 'ksh'].filter(has)];
const longTail = `\n# ${'x'.repeat(200_000)}\n`;

const codeOf = (action: () => unknown): string => {
  try {
    action();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof OpsError ? error.code : String(error);
  }
};

describe('exit codes', () => {
  test.each([
    ['sh', 'exit 3', 3],
    ['sh', 'false', 1],
    ['sh', `exit 3${longTail}`, 3],
    ['sh', 'sh -c "kill -9 \\$\\$"', 137],
    ['sh', 'if', 2],
    ['bash', '[[ a == a ]] && exit 4', 4],
    ['bash', `exit 5${longTail}`, 5],
    ['python', 'import sys; sys.exit(6)', 6],
    ['python', 'raise ValueError(1)', 1],
    ['javascript', 'process.exitCode = 7', 7],
    ['javascript', 'throw new Error("x")', 1],
  ] satisfies [Interpreter, string, number][])('%s: %j ends with its own code', async (interpreter, text, code) => {
    expect((await runLocally({ interpreter, text })).exitCode).toBe(code);
  });

  test('a missing interpreter is 127 and named', async () => {
    const path = { PATH: '/nonexistent' };
    for (const interpreter of ['bash', 'python', 'javascript', 'powershell'] as const) {
      const { exitCode, stderr } = await runLocally({ interpreter, text: '', environment: path });
      expect(exitCode).toBe(127);
      expect(stderr).toMatch(/(bash|python3|node|pwsh) is not installed on this host/);
    }
  });

  test('a working directory that cannot be entered is 126 and named', async () => {
    const { exitCode, stderr, stdout } = await runLocally({ text: 'echo ran', workingDirectory: "/no such/it's" });
    expect({ exitCode, stdout }).toEqual({ exitCode: 126, stdout: '' });
    expect(stderr).toContain("cannot change to the working directory /no such/it's");
  });
});

const PRINTERS = {
  sh: `printf '%s\\0' "$V" "$@"`,
  bash: `printf '%s\\0' "$V" "$@"`,
  python: `import os,sys\nsys.stdout.write("".join(x + "\\0" for x in [os.environ["V"]] + sys.argv[1:]))`,
  javascript: `process.stdout.write([process.env.V, ...process.argv.slice(2)].map((x) => x + '\\0').join(''))`,
} as const;

describe('nothing breaks out of its place', () => {
  const words = fc.string({
    unit: fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '\n',
      ' ',
      '!',
      '*',
      '~',
      ';',
      '&',
      '-',
      '(',
      '#',
      '%',
      'ä',
      '€',
      '🦊',
      'a',
      '\r',
      '\t',
    ),
    maxLength: 12,
  });

  test.each(['sh', 'bash', 'python', 'javascript'] as const)(
    '%s gets environment and arguments as they were given',
    async (interpreter) => {
      const value = fc.oneof(
        words,
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
      );
      await fc.assert(
        fc.asyncProperty(value, fc.array(value, { maxLength: 4 }), async (variable, list) => {
          const { stdout } = await runLocally({ interpreter, text: PRINTERS[interpreter], environment: { V: variable }, arguments: list });
          expect(stdout.split('\0').slice(0, -1)).toEqual([variable, ...list]);
        }),
        { numRuns: interpreter === 'javascript' ? 15 : 40 },
      );
    },
  );

  test('a working directory of any name is entered', async () => {
    const names = words.filter((name) => !/^\.*$/.test(name)).map((name) => `d${name}`);
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const path = join(folder, name);
        mkdirSync(path, { recursive: true });
        const { stdout } = await runLocally({ text: 'pwd; echo end', workingDirectory: path });
        expect(stdout).toBe(`${path}\nend\n`);
      }),
      { numRuns: 40 },
    );
  });

  test('a shell text of any kind is the text that runs', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (text) => {
        const { stdout } = await runLocally({ text: `cat <<'E O F'\n${text}\nE O F\n` });
        expect(stdout).toBe(`${text}\n`);
      }),
      { numRuns: 40 },
    );
  });

  test('the command line is the same whatever the program', () => {
    const lines = (['sh', 'bash', 'python', 'javascript', 'powershell'] as const).map(
      (interpreter) => buildRemoteProgram(buildProgram({ interpreter, text: 'secret', environment: { A: 'secret' } }), 'posix').commandLine,
    );
    expect(new Set(lines)).toEqual(new Set([`exec /bin/sh -c 'IFS= read -r _opsc && eval "$_opsc"'`]));
  });
});

describe('what a program finds', () => {
  test.each(shells)('the line works in %s as a login shell', async (shell) => {
    const { stdout, exitCode, pid } = await runLocally(
      { text: 'echo "$1:$A"; exit 3', arguments: ["a'b"], environment: { A: 'x\ny' } },
      shell,
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "a'b:x\ny\n", exitCode: 3 });
    expect(pid).toBeGreaterThan(1);
  });

  test.each([
    ['sh', 'cat; echo end'],
    ['sh', `cat; echo end${longTail}`],
    ['bash', 'cat; echo end'],
    ['bash', `cat; echo end${longTail}`],
    ['python', 'import sys; print(sys.stdin.read() + "end")'],
    ['javascript', 'console.log(require("fs").readFileSync(0, "utf8") + "end")'],
  ] as const)('%s has an empty standard input', async (interpreter, text) => {
    expect((await runLocally({ interpreter, text })).stdout).toBe('end\n');
  });

  test('the marker is in the environment, and wins over a given one', async () => {
    const { stdout } = await runLocally({ text: 'printenv OPSCONDUCTOR_ACTION', environment: { OPSCONDUCTOR_ACTION: 'x' } });
    expect(stdout).toBe('J20250001.0001.0001.0001/1/1\n');
  });

  test('python is main, with right line numbers', async () => {
    const { stdout, stderr } = await runLocally({
      interpreter: 'python',
      text: '# -*- coding: utf-8 -*-\nprint(__name__, "ä")\ndef f():\n  raise ValueError("x")\nf()',
    });
    expect(stdout).toBe('__main__ ä\n');
    expect(stderr).toMatch(/line 5, in <module>[\s\S]*line 4, in f/);
    expect((await runLocally({ interpreter: 'python', text: 'print(sorted(k for k in globals() if "_opsc" in k))' })).stdout).toBe('[]\n');
  });

  test('javascript is main, has require and right line numbers', async () => {
    const { stdout, stderr } = await runLocally({
      interpreter: 'javascript',
      text: 'console.log(require.main === module, typeof __filename, require("os").EOL.length);\n\nthrow new Error("x")',
    });
    expect(stdout).toBe('true string 1\n');
    expect(stderr).toContain('[script]:3');
  });

  test.skipIf(!has('pwsh'))('powershell keeps the code of the last native command', async () => {
    const { stdout, exitCode } = await runLocally({
      interpreter: 'powershell',
      text: 'Write-Output $args[0]; sh -c "exit 9"',
      arguments: ['a b'],
    });
    expect({ stdout, exitCode }).toEqual({ stdout: 'a b\n', exitCode: 9 });
  });
});

describe('a program cut short on its way does not run', () => {
  test.each(['sh', 'bash', 'python', 'javascript'] as const)('%s', async (interpreter) => {
    const text = { sh: 'echo ran', bash: 'echo ran', python: 'print("ran")', javascript: 'console.log("ran")' }[interpreter];
    const padding = interpreter === 'javascript' ? `\n// ${'x'.repeat(9000)}` : `\n# ${'x'.repeat(9000)}`;
    for (const built of [buildProgram({ interpreter, text }), buildProgram({ interpreter, text: text + padding })]) {
      const { commandLine, stdin } = buildRemoteProgram(built, 'posix');
      for (const missing of [2, 5, 20]) {
        const { stdout, exitCode } = await runBuilt({ commandLine, stdin: stdin.slice(0, -missing) });
        expect(stdout).toBe('');
        expect(exitCode).not.toBe(0);
      }
    }
  });
});

describe('refusals', () => {
  test.each([
    [{ environment: { 'A B': 'x' } }, 'posix', 'VALIDATION'],
    [{ environment: { 'A=1;rm': 'x' } }, 'posix', 'VALIDATION'],
    [{ environment: { '1A': 'x' } }, 'windows', 'VALIDATION'],
    [{ environment: { A: '\0' } }, 'posix', 'VALIDATION'],
    [{ arguments: ['\0'] }, 'posix', 'VALIDATION'],
    [{ text: 'a\0b' }, 'posix', 'VALIDATION'],
    [{ workingDirectory: '\0' }, 'posix', 'VALIDATION'],
    [{ marker: "'; rm -rf /" }, 'posix', 'VALIDATION'],
    [{ interpreter: 'batch' }, 'posix', 'METHOD_UNSUPPORTED'],
    [{ interpreter: 'bash' }, 'windows', 'METHOD_UNSUPPORTED'],
  ] as const)('%j on %s: %s', (fields, platform, code) => {
    expect(codeOf(() => buildRemoteProgram(buildProgram(fields), platform))).toBe(code);
  });

  test('the line for a Windows host fits into the 8191 characters that cmd.exe takes', () => {
    expect(buildRemoteProgram(buildProgram(), 'windows').commandLine.length).toBeLessThan(8_191);
  });

  test('windows programs have a constant command line, and all of the user in their input', () => {
    const build = (text: string) =>
      buildRemoteProgram(buildProgram({ interpreter: 'powershell', text, arguments: ['a'], environment: { B: 'c' } }), 'windows');
    expect(build('one').commandLine).toBe(build('two').commandLine);
    expect(build('one').stdin.split('\0')).toEqual([
      'powershell',
      '',
      '2',
      'B',
      'c',
      'OPSCONDUCTOR_ACTION',
      'J20250001.0001.0001.0001/1/1',
      'one',
      'a',
      'end',
    ]);
  });
});

describe('the pid line', () => {
  test('is found however the bytes come, and what login scripts printed before it is dropped', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (sizes) => {
        const bytes = Buffer.from('Welcome!\nopsconductor-pid:4711\nhello\nopsconductor-pid:1\n');
        const filter = createPidLineFilter();
        const out: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          out.push(filter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        out.push(filter.end());
        expect(filter.pid).toBe(4711);
        expect(Buffer.concat(out).toString()).toBe('hello\nopsconductor-pid:1\n');
      }),
    );
  });

  test('that never comes gives back what was said instead', () => {
    const filter = createPidLineFilter();
    expect(filter.push(Buffer.from('This account is not available.\n')).length).toBe(0);
    expect(filter.end().toString()).toBe('This account is not available.\n');
    expect(filter.pid).toBeUndefined();
    expect(createPidLineFilter().push(Buffer.alloc(70_000)).length).toBe(70_000);
  });
});

describe.skipIf(process.platform !== 'linux')('ending a program', () => {
  const start = (text: string, marker: string) => {
    const { commandLine, stdin } = buildRemoteProgram(buildProgram({ text, marker }), 'posix');
    const child = spawn('/bin/sh', ['-c', commandLine], { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.end(stdin);
    const ready = new Promise<number>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('ready\n')) resolve(Number(/opsconductor-pid:(\d+)/.exec(text)?.[1]));
      });
    });
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
    return { ready, ended };
  };

  test('finds session leavers, double forks and children of dead parents, and no namesake', async () => {
    const marker = `J20250001.${process.pid}.0001.0002/1/1`;
    const other = start('echo ready; sleep 300', `${marker}0`);
    const text = `setsid sleep 301 & timeout 100 sleep 302 & nohup sleep 303 >/dev/null & (setsid sh -c 'sleep 304 & exit' &) ; echo ready; sleep 305`;
    const program = start(text, marker);
    const pid = await program.ready;
    const otherPid = await other.ready;
    expect((await runBuilt(endProgram(pid, marker))).exitCode).toBe(0);
    await program.ended;
    expect(markedProcesses(marker)).toEqual([]);
    expect(markedProcesses(`${marker}0`)).toEqual(['sleep 300']);
    expect((await runBuilt(endProgram(otherPid, `${marker}0`))).exitCode).toBe(0);
    await other.ended;
  });

  test('finds marked processes without a pid', async () => {
    const marker = `J20250001.${process.pid}.0001.0003/1/1`;
    const program = start('setsid sleep 311 & echo ready', marker);
    await program.ready;
    await program.ended;
    expect((await runBuilt(endProgram(undefined, marker))).exitCode).toBe(0);
    expect(markedProcesses(marker)).toEqual([]);
  });

  test('kills what ignores TERM after the grace, and lets a trap do its work before', async () => {
    const marker = `J20250001.${process.pid}.0001.0004/1/1`;
    const file = join(folder, 'cleaned');
    const program = start(
      `(trap '' TERM; echo ready; sleep 321; sleep 322) & trap 'sleep 0.2; echo yes >"${file}"; exit' TERM; sleep 323 & wait`,
      marker,
    );
    const pid = await program.ready;
    expect((await runBuilt(endProgram(pid, marker, 500))).exitCode).toBe(0);
    await program.ended;
    expect(markedProcesses(marker)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe('yes\n');
  });

  test('is quick when nothing is left', async () => {
    const startedAt = performance.now();
    expect((await runBuilt(endProgram(undefined, `J20250001.${process.pid}.0001.0005/1/1`))).exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerClientCommands } from '../../src/cli/client-commands.ts';
import { completionTree } from '../../src/cli/completion/completion-tree.ts';
import { SHELLS, completionScript } from '../../src/cli/completion/scripts.ts';
import type { Shell } from '../../src/cli/completion/scripts.ts';
import { registerLocalCommands } from '../../src/cli/local-commands.ts';
import { parseConfig } from '../../src/config.ts';
import { whichCommand } from '../../src/embedded/which-command.ts';

const run = promisify(execFile);

/** Asks the completion of bash as its line editor does. */
const BASH = `source "$1"
COMP_WORDS=("\${@:2}") COMP_CWORD=$(($# - 2))
_opsconductor
printf '%s\\n' "\${COMPREPLY[@]}"`;

/** A line typed at zsh, TAB at its end: what stands in the line then, or below it. Ends when it has come. */
const ZSH = `
import os, pty, sys
script, line, wanted = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='dumb', COLUMNS='200')
    os.execvp('zsh', ['zsh', '-f', '-i'])
seen = b''
def until(text):
    global seen
    while text.encode() not in seen:
        try: chunk = os.read(fd, 4096)
        except OSError: chunk = b''
        if not chunk: sys.exit('ended with: ' + seen.decode())
        seen += chunk
    seen = seen[seen.index(text.encode()) + len(text):]
os.write(fd, ("autoload -U compinit; compinit -u -D; source " + script + "; echo rea''dy\\n").encode())
until('ready')
os.write(fd, (line + '\\t').encode())
until(wanted)
os.write(fd, b'\\x03exit\\n')
print('seen')`;

const FISH = 'source $argv[1]; complete -C $argv[2]';

const found = await Promise.all(SHELLS.map(async (shell) => ((await whichCommand(shell)) === undefined ? [] : [shell])));
const installed = (shell: Shell): boolean => process.env['CI'] !== undefined || found.flat().includes(shell);

describe('completion', () => {
  let folder = '';
  const scriptOf = (shell: Shell): string => join(folder, `opsconductor.${shell}`);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'opsc-completion-'));
    const program = new Command('opsconductor');
    registerClientCommands(program, parseConfig({}));
    registerLocalCommands(program, parseConfig({}));
    const tree = completionTree(program);
    for (const shell of SHELLS) await writeFile(scriptOf(shell), completionScript(shell, tree));
    await writeFile(join(folder, 'my job.yaml'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The last word is the one at which TAB is pressed. */
  const CASES: [string[], string[]][] = [
    [['opsconductor', 'ta'], ['targets']],
    [['opsconductor', 'target', 'acc'], ['accept-host-key']],
    [['opsconductor', '--context', 'targets', 'runs', 'wat'], ['watch']],
    [['opsconductor', 'targets', 'list', '--env'], ['--environment']],
    [['opsconductor', 'targets', 'list', '--status', 'in'], ['inactive']],
    [['opsconductor', 'runs', 'list', '--out'], ['--output']],
    [['opsconductor', 'completion', 'f'], ['fish']],
    [['opsconductor', 'db', 'stat'], ['status']],
    [['opsconductor', 'runs', 'list', '--job', 'li'], []],
  ];

  test.skipIf(!installed('bash'))('bash', async () => {
    const complete = async (words: readonly string[]): Promise<string[]> =>
      (await run('bash', ['--norc', '-c', BASH, 'bash', scriptOf('bash'), ...words], { cwd: folder })).stdout
        .split('\n')
        .filter((word) => word !== '');
    for (const [words, expected] of CASES) expect([words, await complete(words)]).toEqual([words, expected]);
    expect(await complete(['opsconductor', 'targets', 'list', '--output', '=', 'y'])).toEqual(['yaml']);
    expect(await complete(['opsconductor', 'jobs', 'create', '--file', 'my'])).toEqual(['my job.yaml']);
    expect(await complete(['opsconductor', 'jobs', ''])).toEqual(expect.arrayContaining(['create', 'run']));
  });

  test.skipIf(!installed('fish'))('fish', async () => {
    const complete = async (line: string): Promise<string[]> => {
      const { stdout } = await run('fish', ['--no-config', '-c', FISH, scriptOf('fish'), line], {
        cwd: folder,
        env: { ...process.env, HOME: folder },
      });
      return stdout.split('\n').flatMap((one) => (one === '' ? [] : [one.split('\t')[0] ?? '']));
    };
    for (const [words, expected] of CASES) expect([words, await complete(words.join(' '))]).toEqual([words, expected]);
    expect(await complete('opsconductor targets list --output=y')).toEqual(['--output=yaml']);
    expect(await complete('opsconductor jobs create --file my')).toEqual(['my job.yaml']);
  });

  test.skipIf(!installed('zsh'))('zsh', async () => {
    const complete = (line: string, wanted: string): Promise<unknown> =>
      run('/usr/bin/python3', ['-c', ZSH, scriptOf('zsh'), line, wanted], { cwd: folder, timeout: 30_000 });
    for (const [line, wanted] of [
      ['opsconductor ta', 'rgets '],
      ['opsconductor target acc', 'ept-host-key '],
      ['opsconductor targets list --output=y', 'aml '],
      ['opsconductor targets list --status in', 'active '],
      ['opsconductor jobs create --file my', '\\ job.yaml '],
      ['opsconductor db ', 'put a backup into the database'],
    ] as const)
      await complete(line, wanted);
  });

  test('hidden commands are not offered, and descriptions cannot end the script', () => {
    const program = new Command('opsconductor');
    program.command('secret', { hidden: true });
    program.command("it's").description("it's `id` $(id) \\ : done");
    const tree = completionTree(program);
    expect(tree[0]?.words.map(({ word }) => word)).toEqual(["it's"]);
    expect(completionScript('zsh', tree)).toContain(String.raw`'it'\''s:it'\''s ${'`id` $(id)'} \ : done'`);
    expect(completionScript('fish', tree)).toContain(String.raw`\\ : done'`);
  });
});

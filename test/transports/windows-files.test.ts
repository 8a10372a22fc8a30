import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileOperation } from '../../src/contracts/transport.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSsh } from '../../src/transports/ssh/open-ssh.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import type { RemoteFiles, Session } from '../../src/transports/transport.ts';
import { collectOutput } from '../support/collect-output.ts';
import { makeFakePrograms } from '../support/fake-windows-programs.ts';
import type { FakePrograms } from '../support/fake-windows-programs.ts';
import { markedPids } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import type { SshdFixture } from '../support/sshd-fixture.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWinrmDouble } from '../support/winrm-double.ts';
import type { WinrmDouble } from '../support/winrm-double.ts';

const never = new AbortController().signal;

const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const error: unknown = await promise.then(
    () => 'done',
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error.code;
  if (error === 'done') return error;
  throw error;
};

/** All files below a folder with what is in them. */
const treeOf = (folder: string, below = ''): Record<string, string> =>
  Object.assign(
    {},
    ...readdirSync(join(folder, below)).map((name) => {
      const path = join(below, name);
      return lstatSync(join(folder, path)).isDirectory() ? treeOf(folder, path) : { [path]: readFileSync(join(folder, path), 'utf8') };
    }),
  );

type Pair = [operation: 'copy' | 'move', source: string, destination: string, overwrite?: boolean];

interface Case {
  name: string;
  given: Record<string, string>;
  does: Pair;
  /** How it ends the first time, and what is there then; a second time where that says something. */
  ends?: string;
  leaves: Record<string, string>;
  again?: string;
}

const TREE = { 'src/a': '1', 'src/sub/b': '2' };
const CASES: readonly Case[] = [
  { name: 'a file to a new name', given: { a: '1' }, does: ['copy', 'a', 'b'], leaves: { a: '1', b: '1' }, again: 'done' },
  {
    name: 'a file into a folder that is there',
    given: { a: '1', 'd/x': '' },
    does: ['copy', 'a', 'd'],
    leaves: { a: '1', 'd/x': '', 'd/a': '1' },
  },
  {
    name: 'a file into a folder where none of its name is, without overwrite',
    given: { a: '1', 'd/x': '' },
    does: ['copy', 'a', 'd', false],
    leaves: { a: '1', 'd/x': '', 'd/a': '1' },
    again: 'FILE_FAILED',
  },
  {
    name: 'a file over another without overwrite',
    given: { a: '1', b: '2' },
    does: ['copy', 'a', 'b', false],
    ends: 'FILE_FAILED',
    leaves: { a: '1', b: '2' },
  },
  {
    name: 'a folder to a new name',
    given: TREE,
    does: ['copy', 'src', 'new'],
    leaves: { ...TREE, 'new/a': '1', 'new/sub/b': '2' },
    again: 'done',
  },
  {
    name: 'a folder onto one that is there, which is filled',
    given: { ...TREE, 'd/a': 'old', 'd/sub/c': '3' },
    does: ['copy', 'src', 'd'],
    leaves: { ...TREE, 'd/a': '1', 'd/sub/b': '2', 'd/sub/c': '3' },
    again: 'done',
  },
  {
    name: 'a folder onto one that is there, without overwrite',
    given: { ...TREE, 'd/x': '' },
    does: ['copy', 'src', 'd', false],
    ends: 'FILE_FAILED',
    leaves: { ...TREE, 'd/x': '' },
  },
  { name: 'nothing', given: {}, does: ['copy', 'no', 'd'], ends: 'FILE_MISSING', leaves: {} },
  { name: 'a file over another', given: { a: '1', b: '2' }, does: ['move', 'a', 'b'], leaves: { b: '1' }, again: 'FILE_MISSING' },
  {
    name: 'a file into a folder that is there',
    given: { a: '1', 'd/x': '' },
    does: ['move', 'a', 'd', false],
    leaves: { 'd/x': '', 'd/a': '1' },
  },
  { name: 'a folder to a new name', given: TREE, does: ['move', 'src', 'new'], leaves: { 'new/a': '1', 'new/sub/b': '2' } },
  {
    name: 'a folder onto one that is there',
    given: { ...TREE, 'd/x': '' },
    does: ['move', 'src', 'd'],
    ends: 'FILE_FAILED',
    leaves: { ...TREE, 'd/x': '' },
  },
  {
    name: 'a file over another without overwrite',
    given: { a: '1', b: '2' },
    does: ['move', 'a', 'b', false],
    ends: 'FILE_FAILED',
    leaves: { a: '1', b: '2' },
  },
];

describe.skipIf(withoutSshd)('file operations mean the same', () => {
  let programs: FakePrograms;
  let sshd: SshdFixture;
  let double: WinrmDouble;
  const sessions = new Map<string, Session>();
  const open = createOpenSsh();
  const filesOf = (way: string): RemoteFiles => {
    const files = sessions.get(way)?.files;
    if (files === undefined) throw new Error(`no files over ${way}`);
    return files;
  };
  const base = mkdtempSync(join(tmpdir(), "opsc it's [1] "));
  let made = 0;
  const folderWith = (given: Record<string, string>): string => {
    made += 1;
    const folder = join(base, String(made));
    mkdirSync(folder);
    for (const [path, text] of Object.entries(given)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return folder;
  };

  beforeAll(async () => {
    programs = makeFakePrograms();
    [sshd, double] = await Promise.all([
      startSshdFixture({ path: `${programs.folder}:${process.env['PATH']}` }),
      startWinrmDouble({ users: { anna: 'secret' } }),
    ]);
    const secret = { type: 'password', username: 'anna', password: 'secret' } as const;
    const winrm = { ...sshd.endpoint(), methodType: 'winrm', port: double.port, secret } as const;
    sessions.set('SSH', await open(sshd.endpoint(), never));
    sessions.set('SSH to Windows', await open(sshd.endpoint({ platform: 'windows' }), never));
    sessions.set('WinRM', await createOpenSession()(winrm, never));
  });
  afterAll(async () => {
    await Promise.all([...sessions.values()].map((session) => session[Symbol.asyncDispose]()));
    await sshd[Symbol.asyncDispose]();
    await double[Symbol.asyncDispose]();
    programs[Symbol.dispose]();
    rmSync(base, { recursive: true, force: true });
  });

  describe.each(['SSH', 'SSH to Windows', 'WinRM'])('over %s', (way) => {
    test.each(CASES)(
      '$does.0 of $name',
      async ({ given, does: [operation, source, destination, overwrite = true], ends, leaves, again }) => {
        const folder = folderWith(given);
        const at = (name: string): string => join(folder, name);
        const wanted: FileOperation = {
          operation,
          source: at(source),
          destination: at(destination),
          overwrite,
          preservePermissions: false,
        };
        const perform = (): Promise<string> => codeOf(filesOf(way).perform(wanted, undefined, never));
        expect(await perform()).toBe(ends ?? 'done');
        expect(treeOf(folder)).toEqual(leaves);
        if (again !== undefined) expect(await perform()).toBe(again);
        if (again !== undefined) expect(treeOf(folder)).toEqual(leaves);
      },
    );

    test('content goes there and comes back, has a checksum, and is moved into its place', async () => {
      const folder = folderWith({ old: 'old' });
      const at = (name: string): string => join(folder, name);
      const files = filesOf(way);
      const content = randomBytes(150_000);
      expect(await files.write(at('.part'), Readable.from([content]), 0, never)).toBe(content.length);
      expect(await files.sha256(at('.part'), 1_000, never)).toBe(createHash('sha256').update(content.subarray(0, 1_000)).digest('hex'));
      expect(await files.stat(at('.part'), never)).toMatchObject({ kind: 'file', bytes: content.length });
      const move = { operation: 'move', source: at('.part'), destination: at('old'), overwrite: true, preservePermissions: true } as const;
      await files.perform(move, undefined, never);
      expect((await buffer(await files.read(at('old'), 0, never))).equals(content)).toBe(true);
      expect(await files.stat(at('.part'), never)).toBeUndefined();
      await files.perform({ operation: 'mkdir', source: at('x/y'), mode: undefined }, undefined, never);
      expect(await files.stat(at('x/y'), never)).toMatchObject({ kind: 'directory' });
      expect(await codeOf(files.perform({ operation: 'delete', source: at('x'), isRecursive: false }, undefined, never))).toBe(
        'FILE_FAILED',
      );
      await files.perform({ operation: 'delete', source: at('x'), isRecursive: true }, undefined, never);
      expect(await codeOf(files.perform({ operation: 'delete', source: at('x'), isRecursive: true }, undefined, never))).toBe(
        'FILE_MISSING',
      );
    });
  });

  test.each(['SSH to Windows', 'WinRM'])('a mode, and another user, are refused over %s with what to do instead', async (way) => {
    const source = join(base, 'none');
    const chmod = { operation: 'chmod', source, mode: '644', isRecursive: false } as const;
    await expect(filesOf(way).perform(chmod, undefined, never)).rejects.toThrow(/icacls/);
    const deletion = { operation: 'delete', source, isRecursive: false } as const;
    await expect(filesOf(way).perform(deletion, 'bob', never)).rejects.toThrow(/credential of that user/);
  });

  describe.each(['SSH to Windows', 'WinRM'])('a cancel over %s', (way) => {
    const begin = async (id: string) => {
      const output = collectOutput();
      const marker = `J2025${process.pid}.${id}.0001.0001/1/1`;
      const cancel = new AbortController();
      const text = 'sh -c "sleep 300; true" & echo started; sleep 300';
      const running = sessions.get(way)?.run?.(buildProgram({ text, marker }), output.sink, cancel.signal);
      await output.until('started');
      cancel.abort(new Error('cancelled by a test'));
      return { marker, running };
    };

    test('ends the program and what it started', async () => {
      const { marker, running } = await begin(way === 'WinRM' ? '0901' : '0902');
      await expect(running).rejects.toMatchObject({ work: 'ended', cause: { message: 'cancelled by a test' } });
      await waitFor(() => markedPids(marker).length === 0);
    });

    test('that could not end all of it is said to have an unknown outcome', async () => {
      const taskkill = [programs, double.shells.programs];
      for (const { setTaskkill } of taskkill) setTaskkill(1);
      const { marker, running } = await begin(way === 'WinRM' ? '0903' : '0904');
      await expect(running).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
      for (const { setTaskkill } of taskkill) setTaskkill(undefined);
      for (const pid of markedPids(marker)) process.kill(Number(pid), 'SIGKILL');
    });
  });
});

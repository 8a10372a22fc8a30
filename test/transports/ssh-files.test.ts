import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FileOperation } from '../../src/contracts/transport.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSsh } from '../../src/transports/ssh/open-ssh.ts';
import type { SshSession } from '../../src/transports/ssh/open-ssh.ts';
import { startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import type { SshdFixture } from '../support/sshd-fixture.ts';
import { ensureSystemUser } from '../support/system-user.ts';
import { canMakeUsers } from '../support/test-user.ts';

const open = createOpenSsh();
const never = new AbortController().signal;

const errorOf = async (promise: Promise<unknown>): Promise<OpsError> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error;
  throw error;
};

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const canMountDisks = canMakeUsers() && spawnSync('mount', ['--version']).status === 0;

describe.skipIf(withoutSshd)('files over SSH on real OpenSSH', () => {
  let sshd: SshdFixture;
  let session: SshSession;
  let folder: string;
  // Who may do everything is refused nothing: these are the files of another user than root.
  const user = ensureSystemUser('opsc-files');
  beforeAll(async () => {
    sshd = await startSshdFixture({ user });
    session = await open(sshd.endpoint(), never);
    folder = mkdtempSync(join(tmpdir(), 'opsc files '));
    chmodSync(folder, 0o777);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
    await sshd[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const at = (name: string): string => join(folder, name);
  const write = (path: string, content: Buffer | string, start = 0) =>
    session.files.write(path, Readable.from([Buffer.from(content)]), start, never);
  const read = async (path: string, start = 0): Promise<Buffer> => buffer(await session.files.read(path, start, never));
  const perform = (operation: FileOperation) => session.files.perform(operation, undefined, never);
  const copy = (source: string, destination: string, fields: { overwrite?: boolean; preservePermissions?: boolean } = {}) =>
    perform({ operation: 'copy', source, destination, overwrite: true, preservePermissions: true, ...fields });
  const move = (source: string, destination: string, overwrite = true) =>
    perform({ operation: 'move', source, destination, overwrite, preservePermissions: true });

  test('five megabytes of any bytes go there and come back the same', async () => {
    const content = randomBytes(5_000_001);
    expect(await session.files.write(at('big'), Readable.from([content.subarray(0, 70_000), content.subarray(70_000)]), 0, never)).toBe(
      5_000_001,
    );
    expect(readFileSync(at('big')).equals(content)).toBe(true);
    expect((await read(at('big'))).equals(content)).toBe(true);
    expect((await read(at('big'), 4_999_000)).equals(content.subarray(4_999_000))).toBe(true);
    expect(await session.files.sha256(at('big'), content.length, never)).toBe(sha256(content));
    expect(await session.files.sha256(at('big'), 100_000, never)).toBe(sha256(content.subarray(0, 100_000)));
    expect(await session.files.stat(at('big'), never)).toMatchObject({ kind: 'file', bytes: 5_000_001 });
  });

  test('an empty file is written, read and has a checksum', async () => {
    expect(await write(at('empty'), '')).toBe(0);
    expect((await read(at('empty'))).length).toBe(0);
    expect(await session.files.sha256(at('empty'), 0, never)).toBe(sha256(Buffer.alloc(0)));
  });

  test('writing goes on behind the bytes that are kept, and cuts what was longer', async () => {
    await write(at('resumed'), 'one two three');
    expect(await write(at('resumed'), 'TWO', 4)).toBe(3);
    expect(readFileSync(at('resumed'), 'utf8')).toBe('one TWO');
    await write(at('resumed'), 'new');
    expect(readFileSync(at('resumed'), 'utf8')).toBe('new');
  });

  test('what is there is told: file, folder, link, nothing', async () => {
    await write(at('seen'), 'x');
    chmodSync(at('seen'), 0o640);
    symlinkSync(at('seen'), at('seen-link'));
    expect(await session.files.stat(at('seen'), never)).toEqual({ kind: 'file', bytes: 1, mode: 0o640 });
    expect(await session.files.stat(folder, never)).toMatchObject({ kind: 'directory', mode: 0o777 });
    expect(await session.files.stat(at('seen-link'), never)).toMatchObject({ kind: 'link' });
    expect(await session.files.stat(at('nothing'), never)).toBeUndefined();
  });

  test('a reader that leaves early, and one that is told to stop, leave the session usable', async () => {
    const early = await session.files.read(at('big'), 0, never);
    for await (const chunk of early) {
      expect(Buffer.isBuffer(chunk)).toBe(true);
      break;
    }
    const controller = new AbortController();
    const stopped = await session.files.read(at('big'), 0, controller.signal);
    controller.abort(new Error('enough'));
    await expect(buffer(stopped)).rejects.toThrow();
    expect((await read(at('big'))).length).toBe(5_000_001);
  });

  test('a write that is told to stop ends with the reason', async () => {
    const controller = new AbortController();
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65_536));
        if ((lstatSync(at('endless'), { throwIfNoEntry: false })?.size ?? 0) > 500_000) controller.abort(new Error('enough'));
      },
    });
    await expect(session.files.write(at('endless'), endless, 0, controller.signal)).rejects.toThrow('enough');
    expect(endless.destroyed).toBe(true);
  });

  test('copies a file with its mode, into a folder under its own name, and not over another when told', async () => {
    await write(at('from'), 'content');
    chmodSync(at('from'), 0o604);
    await copy(at('from'), at('to'));
    expect(readFileSync(at('to'), 'utf8')).toBe('content');
    expect(statSync(at('to')).mode & 0o777).toBe(0o604);
    await copy(at('from'), at('plain'), { preservePermissions: false });
    expect(existsSync(at('plain'))).toBe(true);
    mkdirSync(at('into'), { mode: 0o777 });
    chmodSync(at('into'), 0o777);
    await copy(at('from'), at('into'));
    expect(readFileSync(at('into/from'), 'utf8')).toBe('content');
    await write(at('from'), 'newer');
    const refused = await errorOf(copy(at('from'), at('to'), { overwrite: false }));
    expect(refused.code).toBe('FILE_FAILED');
    expect(refused.message).toContain('is there already');
    expect(readFileSync(at('to'), 'utf8')).toBe('content');
    await copy(at('from'), at('to'));
    expect(readFileSync(at('to'), 'utf8')).toBe('newer');
  });

  test('copies a folder with all below, and a second time gives the same', async () => {
    await perform({ operation: 'mkdir', source: at('tree/a/b'), mode: undefined });
    await write(at('tree/a/b/leaf'), 'leaf');
    symlinkSync('leaf', at('tree/a/b/link'));
    await copy(at('tree'), at('twin'));
    await copy(at('tree'), at('twin'));
    expect(readFileSync(at('twin/a/b/leaf'), 'utf8')).toBe('leaf');
    expect(lstatSync(at('twin/a/b/link')).isSymbolicLink()).toBe(true);
    expect(existsSync(at('twin/tree'))).toBe(false);
  });

  test('moves files and folders', async () => {
    await write(at('mover'), 'x');
    await move(at('mover'), at('moved'));
    expect([existsSync(at('mover')), readFileSync(at('moved'), 'utf8')]).toEqual([false, 'x']);
    await write(at('mover'), 'y');
    expect((await errorOf(move(at('mover'), at('moved'), false))).code).toBe('FILE_FAILED');
    await move(at('mover'), at('moved'));
    expect(readFileSync(at('moved'), 'utf8')).toBe('y');
    expect((await errorOf(move(at('mover'), at('moved')))).code).toBe('FILE_MISSING');
  });

  test('deletes a file, an empty folder, and a full one only when told to', async () => {
    await perform({ operation: 'mkdir', source: at('full/inner'), mode: '750' });
    expect(statSync(at('full/inner')).mode & 0o777).toBe(0o750);
    await write(at('full/file'), 'x');
    const remove = (path: string, isRecursive = false) => perform({ operation: 'delete', source: path, isRecursive });
    await remove(at('full/file'));
    await write(at('full/file'), 'x');
    expect((await errorOf(remove(at('full')))).code).toBe('FILE_FAILED');
    expect(existsSync(at('full/file'))).toBe(true);
    await remove(at('full'), true);
    expect(existsSync(at('full'))).toBe(false);
    expect((await errorOf(remove(at('full'), true))).code).toBe('FILE_MISSING');
  });

  test('a deleted link leaves what it points to', async () => {
    await perform({ operation: 'mkdir', source: at('pointed'), mode: undefined });
    await write(at('pointed/file'), 'x');
    symlinkSync(at('pointed'), at('pointer'));
    await perform({ operation: 'delete', source: at('pointer'), isRecursive: true });
    expect([existsSync(at('pointer')), existsSync(at('pointed/file'))]).toEqual([false, true]);
  });

  test('mkdir is content with a folder that is there, not with a file', async () => {
    await perform({ operation: 'mkdir', source: at('again/and'), mode: undefined });
    await perform({ operation: 'mkdir', source: at('again/and'), mode: '700' });
    expect(statSync(at('again/and')).mode & 0o777).toBe(0o700);
    await write(at('again/file'), 'x');
    expect((await errorOf(perform({ operation: 'mkdir', source: at('again/file'), mode: undefined }))).code).toBe('FILE_FAILED');
  });

  test('chmod changes one, or all below', async () => {
    await perform({ operation: 'mkdir', source: at('modes'), mode: '755' });
    await write(at('modes/file'), 'x');
    chmodSync(at('modes/file'), 0o644);
    await perform({ operation: 'chmod', source: at('modes'), mode: '750', isRecursive: false });
    expect(statSync(at('modes/file')).mode & 0o777).toBe(0o644);
    await perform({ operation: 'chmod', source: at('modes'), mode: '700', isRecursive: true });
    expect(statSync(at('modes/file')).mode & 0o777).toBe(0o700);
  });

  test.skipIf(!canMakeUsers())('who is not root may not give a file away, and is told so', async () => {
    await write(at('owned'), 'x');
    const refused = await errorOf(perform({ operation: 'chown', source: at('owned'), owner: 'root', isRecursive: false }));
    expect(refused.code).toBe('FILE_REFUSED');
    expect(refused.message).toContain('chown of');
  });

  test('names that look like options, with quotes, spaces, line breaks and $(…) are names', async () => {
    const name = at(`-rf it's "x" $(touch hacked) ä\nnext`);
    await write(name, 'x');
    await copy(name, `${name}2`);
    await perform({ operation: 'chmod', source: `${name}2`, mode: '600', isRecursive: false });
    await perform({ operation: 'delete', source: name, isRecursive: false });
    expect([existsSync(name), existsSync(`${name}2`)]).toEqual([false, true]);
    expect(await session.files.stat('hacked', never)).toBeUndefined();
    expect(await session.files.sha256(`${name}2`, 1, never)).toBe(sha256(Buffer.from('x')));
  });

  test('errors say what failed, where, and what to do', async () => {
    const missing = await errorOf(read(at('no/such')));
    expect(missing.code).toBe('FILE_MISSING');
    expect(missing.message).toContain(`read of ${at('no/such')} failed: there is no such file or folder`);
    expect((await errorOf(write(at('no/such'), 'x'))).code).toBe('FILE_MISSING');
    expect((await errorOf(copy(at('no'), at('x')))).code).toBe('FILE_MISSING');
    expect((await errorOf(perform({ operation: 'chmod', source: at('no'), mode: '600', isRecursive: false }))).code).toBe('FILE_MISSING');
  });

  test.skipIf(!canMakeUsers())('what the user may not touch is refused', async () => {
    writeFileSync(at('secret'), 'x', { mode: 0o600 });
    chownSync(at('secret'), 0, 0);
    const tries = [
      () => read(at('secret')),
      () => write(at('secret'), 'y'),
      () => copy(at('secret'), at('x')),
      () => session.files.sha256(at('secret'), 1, never),
    ];
    for (const attempt of tries) expect((await errorOf(attempt())).code).toBe('FILE_REFUSED');
    expect(readFileSync(at('secret'), 'utf8')).toBe('x');
  });

  test.skipIf(!canMountDisks)('a full disk is called a full disk', async ({ skip }) => {
    mkdirSync(at('disk'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=777', 'tmpfs', at('disk')]).status !== 0)
      skip('no file system can be mounted here');
    try {
      const full = await errorOf(write(at('disk/file'), randomBytes(1_000_000)));
      expect(full.code).toBe('FILE_FAILED');
      expect(full.message).toContain('the disk of the target is full');
      expect((await errorOf(copy(at('big'), at('disk')))).message).toContain('the disk of the target is full');
    } finally {
      spawnSync('umount', [at('disk')]);
    }
  });

  test('a lost connection is told as such, also to a reader', async () => {
    await using other = await open(sshd.endpoint(), never);
    const stream = await other.files.read(at('big'), 0, never);
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    await other[Symbol.asyncDispose]();
    const rest = (async () => {
      while ((await iterator.next()).done !== true);
    })();
    expect((await errorOf(rest)).code).toBe('CONNECTION_LOST');
    expect((await errorOf(other.files.stat(folder, never))).code).toBe('CONNECTION_CLOSED');
  });
});

describe.skipIf(withoutSshd)('a server without SFTP', () => {
  test('says so, and still does what its tools can', async () => {
    await using sshd = await startSshdFixture({ sftp: false });
    await using session = await open(sshd.endpoint(), never);
    const refused = await errorOf(session.files.stat('/', never));
    expect(refused.code).toBe('METHOD_UNSUPPORTED');
    expect(refused.message).toContain('Subsystem sftp');
    await session.files.perform({ operation: 'mkdir', source: join(sshd.folder, 'made'), mode: undefined }, undefined, never);
    expect(existsSync(join(sshd.folder, 'made'))).toBe(true);
  });
});

import { randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Interpreter } from '../../src/contracts/transport.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSsh } from '../../src/transports/ssh/open-ssh.ts';
import type { SshSession } from '../../src/transports/ssh/open-ssh.ts';
import { collectOutput } from '../support/collect-output.ts';
import { waitFor } from '../support/wait-for.ts';
import { markedPids } from '../support/marked-processes.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { endpointOf, startSshdFixture, withoutSshd } from '../support/sshd-fixture.ts';
import type { SshdFixture } from '../support/sshd-fixture.ts';
import { addSudoers, withoutSudo } from '../support/sudoers.ts';
import { ensureSystemUser } from '../support/system-user.ts';

const open = createOpenSsh();
const never = new AbortController().signal;
const LOGIN = 'opsc-runas';
const OTHER = 'opsc-runas-other';
const password = `pw'"$ \\n ${randomBytes(9).toString('base64url')}`;
const SUDOERS = 'opsc-run-as-test';

let run = 0;
const newMarker = (): string => `J2027${process.pid}.0001.0001.${String((run += 1)).padStart(4, '0')}/1/1`;

const errorOf = async (promise: Promise<unknown>): Promise<OpsError> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error;
  throw error;
};

const runText = async (
  session: SshSession,
  text: string,
  fields: { interpreter?: Interpreter; runAs?: string; environment?: Record<string, string> } = {},
) => {
  const output = collectOutput();
  const program = { ...buildProgram({ text, marker: newMarker(), ...fields }), runAs: fields.runAs ?? OTHER };
  const exit = await session.run(program, output.sink, never);
  return { ...exit, stdout: output.stdout, stderr: output.stderr };
};

/** All argument lists of this machine. */
const argumentLists = (): string =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');

describe.skipIf(withoutSshd || withoutSudo)('run_as by sudo', () => {
  let sshd: SshdFixture;
  let byKey: SshSession;
  let byPassword: SshSession;
  beforeAll(async () => {
    ensureSystemUser(LOGIN, password);
    ensureSystemUser(OTHER);
    sshd = await startSshdFixture({ user: LOGIN, passwordAuthentication: true });
    byKey = await open(sshd.endpoint(), never);
    byPassword = await open(endpointOf(sshd.port, { type: 'password', username: LOGIN, password }), never);
  });
  afterAll(async () => {
    await byKey[Symbol.asyncDispose]();
    await byPassword[Symbol.asyncDispose]();
    await sshd[Symbol.asyncDispose]();
  });

  for (const [way, rule, sessionOf] of [
    ['without a password', `${LOGIN} ALL=(ALL) NOPASSWD: ALL`, () => byKey],
    ['with the password of the login', `${LOGIN} ALL=(ALL) ALL`, () => byPassword],
    ['with a password that is not asked for', `${LOGIN} ALL=(ALL) NOPASSWD: ALL`, () => byPassword],
    ['where sudo has a terminal of its own for each program', `Defaults:${LOGIN} use_pty\n${LOGIN} ALL=(ALL) ALL`, () => byPassword],
  ] as const) {
    test(`the program is the other user's, ${way}: user, home, environment, arguments, exit code`, async () => {
      using _ = addSudoers(SUDOERS, [rule]);
      const output = collectOutput();
      const text = 'id -un; echo "$HOME"; printenv SECRET; printf "%s\\n" "$@"; pwd; cat; echo err >&2; exit 7';
      const program = buildProgram({
        text,
        arguments: [`it's`, 'two\nlines'],
        environment: { SECRET: `s'3 cret\n$x` },
        workingDirectory: '/usr',
        marker: newMarker(),
      });
      expect(await sessionOf().run({ ...program, runAs: OTHER }, output.sink, never)).toEqual({ exitCode: 7, signal: null });
      expect(output.stdout).toBe(`${OTHER}\n/home/${OTHER}\ns'3 cret\n$x\nit's\ntwo\nlines\n/usr\n`);
      expect(output.stderr).toBe('err\n');
    });
  }

  test.each([
    ['python', 'import getpass; print(getpass.getuser())'],
    ['bash', 'echo $(id -un)'],
  ] as const)('a script of %s runs as the other user', async (interpreter, text) => {
    using _ = addSudoers(SUDOERS, [`${LOGIN} ALL=(${OTHER}) NOPASSWD: ALL`]);
    expect(await runText(byKey, text, { interpreter })).toMatchObject({ exitCode: 0, stdout: `${OTHER}\n` });
  });

  test('a long text arrives whole', async () => {
    using _ = addSudoers(SUDOERS, [`${LOGIN} ALL=(ALL) ALL`]);
    const text = `id -un\n${'# a comment\n'.repeat(2_000)}echo end`;
    expect(await runText(byPassword, text)).toMatchObject({ exitCode: 0, stdout: `${OTHER}\nend\n` });
  });

  test('the own user of the login needs no sudo', async () => {
    expect(await runText(byKey, 'id -un', { runAs: LOGIN })).toMatchObject({ exitCode: 0, stdout: `${LOGIN}\n` });
  });

  test('neither password nor environment nor text is in an argument list while it runs', async () => {
    using _ = addSudoers(SUDOERS, [`${LOGIN} ALL=(ALL) ALL`]);
    const stop = new AbortController();
    const output = collectOutput();
    const program = buildProgram({ text: 'echo up; sleep 61; : TEXTMARK', environment: { TOKEN: 'ENVMARK' }, marker: newMarker() });
    const running = byPassword.run({ ...program, runAs: OTHER }, output.sink, stop.signal);
    await output.until('up');
    const seen = argumentLists();
    stop.abort(new Error('seen'));
    await expect(running).rejects.toMatchObject({ work: 'ended', cause: { message: 'seen' } });
    expect(seen).toContain('sudo');
    for (const secret of [password, 'ENVMARK', 'TEXTMARK']) expect(seen).not.toContain(secret);
  });

  test.each([
    ['without a password', `${LOGIN} ALL=(ALL) NOPASSWD: ALL`, () => byKey],
    ['with one', `${LOGIN} ALL=(ALL) ALL`, () => byPassword],
  ] as const)('a cancel ends the program of the other user and its children, %s', async (_way, rule, sessionOf) => {
    using _ = addSudoers(SUDOERS, [rule]);
    const stop = new AbortController();
    const output = collectOutput();
    const marker = newMarker();
    const program = buildProgram({ text: `(trap '' TERM; sleep 63) & sleep 62 & echo up; wait`, marker });
    const running = sessionOf().run({ ...program, runAs: OTHER }, output.sink, stop.signal);
    await output.until('up');
    await waitFor(() => markedPids(marker).length > 1);
    stop.abort(new Error('enough'));
    await expect(running).rejects.toMatchObject({ work: 'ended', cause: { message: 'enough' } });
    expect(markedPids(marker)).toEqual([]);
  });

  test.each([
    ['who is not in sudoers', [], () => byPassword, OTHER, 'sudoers does not allow it'],
    ['who may become another one only', [`${LOGIN} ALL=(daemon) ALL`], () => byPassword, OTHER, 'sudoers does not allow it'],
    ['without the password that sudo asks for', [`${LOGIN} ALL=(ALL) ALL`], () => byKey, OTHER, 'the credential has none'],
    [
      'with a wrong password',
      [`Defaults:${LOGIN} targetpw`, `${LOGIN} ALL=(ALL) ALL`],
      () => byPassword,
      OTHER,
      'does not take the password',
    ],
    ['where a terminal is wanted', [`Defaults:${LOGIN} requiretty`, `${LOGIN} ALL=(ALL) NOPASSWD: ALL`], () => byKey, OTHER, 'requiretty'],
    [
      'where a terminal is wanted, with a password',
      [`Defaults:${LOGIN} requiretty`, `${LOGIN} ALL=(ALL) ALL`],
      () => byPassword,
      OTHER,
      'requiretty',
    ],
    ['for a user who is not there', [`${LOGIN} ALL=(ALL) NOPASSWD: ALL`], () => byKey, 'opsc-nobody-of-that-name', 'there is no such user'],
  ] as const)('a login %s is told so, and nothing runs', async (_who, rules, sessionOf, runAs, says) => {
    using _ = addSudoers(SUDOERS, rules);
    const file = join(sshd.folder, 'ran');
    const refused = await errorOf(runText(sessionOf(), `touch '${file}'`, { runAs }));
    expect(refused.code).toBe('RUN_AS_REFUSED');
    expect(refused.message).toContain(says);
    expect(refused.message).toContain('Nothing ran');
    expect(refused.message).not.toContain(password);
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('a wrong password is tried once', async () => {
    using _ = addSudoers(SUDOERS, [`Defaults:${LOGIN} targetpw`, `${LOGIN} ALL=(ALL) ALL`]);
    expect((await errorOf(runText(byPassword, 'true'))).message).toContain('1 incorrect password attempt');
  });

  test('files are made, copied and deleted as the other user', async () => {
    using _ = addSudoers(SUDOERS, [`${LOGIN} ALL=(ALL) ALL`]);
    const folder = `/home/${OTHER}/run-as-test`;
    rmSync(folder, { recursive: true, force: true });
    const uid = Number(spawnSync('id', ['-u', OTHER], { encoding: 'utf8' }).stdout);
    await byPassword.files.perform({ operation: 'mkdir', source: folder, mode: '700' }, OTHER, never);
    expect(statSync(folder)).toMatchObject({ uid });
    writeFileSync(join(folder, 'file'), 'x');
    const copy = {
      operation: 'copy',
      source: join(folder, 'file'),
      destination: join(folder, 'copy'),
      overwrite: false,
      preservePermissions: false,
    } as const;
    expect((await errorOf(byPassword.files.perform(copy, undefined, never))).code).toBe('FILE_REFUSED');
    await byPassword.files.perform(copy, OTHER, never);
    expect(statSync(join(folder, 'copy'))).toMatchObject({ uid });
    await byPassword.files.perform({ operation: 'delete', source: folder, isRecursive: true }, OTHER, never);
    expect(statSync(folder, { throwIfNoEntry: false })).toBeUndefined();
  });
});

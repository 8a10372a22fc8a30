import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canMakeUsers } from './test-user.ts';

const FOLDER = '/etc/sudoers.d';

const hasSudo = existsSync(FOLDER) && spawnSync('sudo', ['-V']).status === 0;

/** Tests of sudo need users that they make. They are left out on a machine without sudo; never in CI, where they then fail. */
export const withoutSudo = !canMakeUsers() || (!hasSudo && process.env['CI'] === undefined);

/** Adds rules to sudo until it is disposed. @param name of the file, one a test file */
export const addSudoers = (name: string, lines: readonly string[]): Disposable => {
  const file = join(FOLDER, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  chmodSync(file, 0o440);
  const { status, stderr, stdout } = spawnSync('visudo', ['-cf', file], { encoding: 'utf8' });
  const dispose = (): void => rmSync(file, { force: true });
  if (status !== 0) {
    dispose();
    throw new Error(`${stdout}${stderr}`);
  }
  return { [Symbol.dispose]: dispose };
};

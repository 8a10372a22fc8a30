import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

export interface TestUser {
  username: string;
  password: string;
}

const run = (command: string, args: string[], input?: string): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
};

/** Whether this machine lets us make users and check their passwords. */
export const canMakeUsers = (): boolean =>
  process.getuid?.() === 0 && spawnSync('/bin/sh', ['-c', 'command -v useradd && command -v chpasswd']).status === 0;

/** Makes the user `opsc-test`, or finds it, and gives it a new random password. Only as root. */
export const ensureTestUser = (): TestUser => {
  const user = { username: 'opsc-test', password: `pw'"$ ${randomBytes(9).toString('base64url')}` };
  if (spawnSync('id', [user.username]).status !== 0) run('useradd', ['--create-home', '--shell', '/bin/sh', user.username]);
  run('chpasswd', [], `${user.username}:${user.password}\n`);
  return user;
};

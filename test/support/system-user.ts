import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { canMakeUsers } from './test-user.ts';

const run = (command: string, args: string[], input?: string): void => {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...(input === undefined ? {} : { input }) });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
};

/** A system user with /bin/sh, whose shell starts fast; the current user where none can be made. Each file that sets a password takes a name of its own. */
export const ensureSystemUser = (name: string, password?: string): string => {
  if (!canMakeUsers()) return userInfo().username;
  // Two test files may make the same user at once: only its absence afterwards is an error.
  if (spawnSync('id', [name]).status !== 0) spawnSync('useradd', ['--create-home', '--shell', '/bin/sh', name]);
  run('id', [name]);
  // Without PAM, OpenSSH takes an account whose password is `!` for locked.
  if (password === undefined) run('usermod', ['--password', '*', name]);
  else run('chpasswd', [], `${name}:${password}\n`);
  return name;
};

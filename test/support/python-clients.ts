import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A Python with clients of other makers, which `.ci/run` installs there: they say whether our wire-level doubles are like the real servers. */
const PYTHON = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'opsconductor', 'test-python', 'bin', 'python');

/** On a machine without this module its tests are left out; in CI that is a failure. */
export const withoutPython = (module: string): boolean =>
  process.env['CI'] === undefined && spawnSync(PYTHON, ['-c', `import ${module}`]).status !== 0;

/** Runs a program; `input` reaches its standard input, so that no password is in an argument list. @throws Error with its stderr when it fails */
export const runPython = async (program: string, input: object): Promise<string> => {
  const child = spawn(PYTHON, ['-c', program], { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end(JSON.stringify(input));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Python ended with ${code}: ${Buffer.concat(err).toString()}`);
  return Buffer.concat(out).toString();
};

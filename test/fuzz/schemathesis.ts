import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
/** `.ci/run` installs it there. */
export const SCHEMATHESIS = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'opsconductor',
  'test-schemathesis',
  'bin',
  'schemathesis',
);

export interface FuzzOptions {
  url: string;
  username: string;
  password: string;
  /** Requests made up for each operation, in each phase. */
  examples: number;
  /** More arguments of the program. */
  more?: readonly string[];
}

/** Runs all checks of schemathesis against a server, and shows what it says. @returns its exit code: 0 when nothing was found. */
export const runSchemathesis = async ({ url, username, password, examples, more = [] }: FuzzOptions): Promise<number | null> => {
  const options = [
    '--checks',
    'all',
    '--max-examples',
    String(examples),
    '--workers',
    '1',
    '--suppress-health-check',
    'all',
    '--no-color',
    ...more,
  ];
  // What it keeps beside its work is of no use afterwards.
  const folder = await mkdtemp(join(tmpdir(), 'opsc-fuzz-'));
  const child = spawn(SCHEMATHESIS, ['--config-file', join(HERE, 'schemathesis.toml'), 'run', `${url}/openapi.json`, ...options], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, FUZZ_URL: url, FUZZ_USER: username, FUZZ_PASSWORD: password, SCHEMATHESIS_HOOKS: join(HERE, 'hooks.py') },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  await rm(folder, { recursive: true, force: true });
  return code;
};

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SCHEMATHESIS } from './schemathesis.ts';

const ROLES = ['viewer', 'operator', 'admin'];
const EXAMPLES = '100';
/** The phase that is left out sends some 20,000 requests, however few examples are asked for. */
const QUICK = { examples: '2', more: ['--phases', 'examples,fuzzing,stateful'] };

const USAGE = `npm run fuzz -- [quick | ROLE] [EXAMPLES] [arguments of schemathesis]
  ROLE       ${ROLES.join(', ')}; all of them one after the other when left out
  EXAMPLES   requests for each operation, ${EXAMPLES} when left out; quick: ${QUICK.examples}`;

const [first = '', ...others] = process.argv.slice(2);
const isWord = first === 'quick' || ROLES.includes(first);
const rest = isWord ? others : [first, ...others].filter((argument) => argument !== '');
const [count] = rest;
const hasCount = count !== undefined && /^\d+$/.test(count);
const more = hasCount ? rest.slice(1) : rest;

if (more[0] === '--help') {
  process.stdout.write(`${USAGE}\n`);
} else if (existsSync(SCHEMATHESIS)) {
  const settings = {
    FUZZ_ROLES: ROLES.includes(first) ? first : ROLES.join(','),
    FUZZ_EXAMPLES: hasCount ? count : first === 'quick' ? QUICK.examples : EXAMPLES,
    FUZZ_ARGUMENTS: JSON.stringify([...(first === 'quick' ? QUICK.more : []), ...more]),
  };
  const config = fileURLToPath(new URL('vitest.config.ts', import.meta.url));
  const child = spawn('npx', ['vitest', 'run', '--root', '.', '--config', config], {
    stdio: 'inherit',
    env: { ...process.env, ...settings },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  process.exitCode = code ?? 1;
} else {
  process.stderr.write(`There is no ${SCHEMATHESIS}: .ci/run makes it, a Python environment with schemathesis.\n`);
  process.exitCode = 2;
}

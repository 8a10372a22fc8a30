import { parseArgs } from 'node:util';
import { runChaos } from './run-chaos.ts';
import { say } from '../bench/support/say.ts';

const USAGE = `npm run chaos [-- --targets 300 --minutes 5 --seed 1 --keep]

Kills workers, API, Temporal and Postgres at random moments while jobs run on real SSH targets, then holds the record against what the
targets say. Ends with 1 when a promise was broken.
--keep leaves the logs of all parts and the database. Linux with the OpenSSH server only.`;

const wholeNumber = (name: string, text: string, most: number): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  say(`--${name} takes a whole number from 1 to ${most}.\n\n${USAGE}`);
  return process.exit(2);
};

const option = (fallback: string) => ({ type: 'string', default: fallback }) as const;

const { values } = parseArgs({
  options: { targets: option('300'), minutes: option('5'), seed: option('1'), keep: { type: 'boolean', default: false } },
});

const isKept = await runChaos({
  targets: wholeNumber('targets', values.targets, 5_000),
  minutes: wholeNumber('minutes', values.minutes, 600),
  seed: wholeNumber('seed', values.seed, 2 ** 31),
  keep: values.keep,
}).catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return false;
});
process.exit(isKept ? 0 : 1);

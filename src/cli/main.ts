#!/usr/bin/env node
import { Command } from 'commander';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { readVersion } from '../version.ts';

const runLocally =
  (config: Config, load: () => Promise<(config: Config) => Promise<void>>): (() => Promise<void>) =>
  async () =>
    (await load())(config);

const register = (program: Command, config: Config): void => {
  const local = (name: string, description: string, load: () => Promise<(config: Config) => Promise<void>>): void => {
    program.command(name).description(description).action(runLocally(config, load));
  };
  local('up', 'run everything on this machine: Postgres, Temporal, worker and API', async () => (await import('./commands/up.ts')).up);
  local('server', 'run the API (DATABASE_URL, TEMPORAL_ADDRESS)', async () => (await import('./commands/parts.ts')).server);
  local('worker', 'run a worker (DATABASE_URL, TEMPORAL_ADDRESS)', async () => (await import('./commands/parts.ts')).worker);
  local('migrate', 'bring the database to this version (DATABASE_URL)', async () => (await import('./commands/parts.ts')).migrate);
};

const main = async (): Promise<void> => {
  const program = new Command('opsconductor').description('Runs operations jobs on fleets and keeps an exact record of what happened where.').version(readVersion());
  register(program, parseConfig());
  await program.parseAsync();
};

try {
  await main();
  process.exit();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

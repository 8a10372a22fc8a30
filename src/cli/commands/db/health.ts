import type { Command } from 'commander';
import type { Config } from '../../../config.ts';
import type { DatabaseHealth } from '../../../contracts/database-health.ts';
import { readHealth } from '../../../db/health/read-health.ts';
import { openSession } from '../../cli-session.ts';
import { EXIT_CODES } from '../../exit-code.ts';
import { printOutput } from '../../output.ts';
import { paintFor } from '../../terminal/paint.ts';
import { healthText } from './health-text.ts';
import { withDatabase } from './with-database.ts';

export interface HealthFlags {
  api?: boolean;
}

const askApi = async (config: Config, command: Command): Promise<DatabaseHealth> => {
  const { stdin, stdout, stderr } = process;
  const { client } = await openSession({ config, stdin, stdout, stderr }, command);
  return client.getDatabaseHealth();
};

/** `opsconductor db health`: changes nothing; exit code 1 when something is critical. */
export const databaseHealth = async (config: Config, { api = false }: HealthFlags, command: Command): Promise<void> => {
  const health = await (api ? askApi(config, command) : withDatabase(config, readHealth));
  const { stdout } = process;
  const text = (): string =>
    healthText(health, { width: stdout.isTTY ? stdout.columns : undefined, paint: paintFor(stdout, config.noColor) });
  printOutput(command, health, text);
  if (health.findings.some(({ severity }) => severity === 'critical')) process.exitCode = EXIT_CODES.failed;
};

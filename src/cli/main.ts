#!/usr/bin/env -S node --max-semi-space-size=4
import { Command } from 'commander';
import { parseConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { readVersion } from '../version.ts';
import { registerClientCommands } from './client-commands.ts';
import { registerLocalCommands } from './local-commands.ts';
import { printError } from './print-error.ts';

const readConfig = (): Config => {
  try {
    return parseConfig();
  } catch (error) {
    process.exit(printError(error, { logLevel: 'info', noColor: true }));
  }
};

const config = readConfig();
try {
  const program = new Command('opsconductor')
    .description('Runs operations jobs on fleets and keeps an exact record of what happened where.')
    .version(readVersion());
  // First, since the exit rules that they set hold for commands that are added later only.
  registerClientCommands(program, config);
  registerLocalCommands(program, config);
  await program.parseAsync();
  process.exit();
} catch (error) {
  process.exit(printError(error, config));
}

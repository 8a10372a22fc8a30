import type { Command } from 'commander';
import type { StartExecution } from '../client/index.ts';
import { askInputs } from './ask-inputs.ts';
import { ask, readStdin } from './ask.ts';
import type { CliSession } from './cli-session.ts';
import { collect } from './command-options.ts';
import { parseVariables } from './parse-variables.ts';
import { targetSerials } from './target-serial.ts';

/** What a run is given, of those that people run and those that they only look at. */
export interface InputOptions {
  target?: string[];
  selector?: string;
  var?: string[];
  varStdin?: string;
  /** `--no-input`: nothing is asked. */
  input?: boolean;
}

const readVariables = async (session: CliSession, job: string, options: InputOptions): Promise<StartExecution['variables']> => {
  const { var: assignments = [], varStdin: key, input = true } = options;
  const mayAsk = input && session.stdin.isTTY;
  if (assignments.length === 0 && key === undefined && !mayAsk) return undefined;
  const { variables } = await session.client.getJob(job);
  const text = key === undefined || !session.stdin.isTTY ? undefined : await ask(session, key, { isSecret: true });
  const fromStdin = key === undefined ? undefined : { key, text: text ?? (await readStdin(session.stdin)) };
  const given = await parseVariables(variables, assignments, fromStdin, session.say);
  return mayAsk ? askInputs(session, variables, given) : given;
};

/** Targets by serial or name, variables typed as the job declares them; at a terminal its inputs are asked. @throws OpsError NOT_FOUND, VALIDATION */
export const readTargetsAndVariables = async (
  session: CliSession,
  job: string,
  options: InputOptions,
): Promise<Pick<StartExecution, 'targets' | 'selector' | 'variables'>> => {
  const { selector } = options;
  const targets = await targetSerials(session.client, options.target);
  const variables = await readVariables(session, job, options);
  return {
    ...(targets.length > 0 && { targets }),
    ...(selector !== undefined && { selector }),
    ...(variables !== undefined && { variables }),
  };
};

/** `--target`, `--selector`, `--var`, `--var-stdin` and `--no-input`. */
export const addInputOptions = (command: Command): Command =>
  command
    .option('--target <target>', 'run on this target only, by serial or name; may be given several times', collect)
    .option('--selector <selector>', 'run only on targets such as env=production,team=web, chosen when the run starts')
    .option(
      '--var <name=value>',
      'value of a variable; may be given several times. NAME=@FILE reads a file, NAME=@@x stands for @x',
      collect,
    )
    .option('--var-stdin <name>', 'read the value of this variable from stdin: the way for secrets')
    .option('--no-input', 'ask for nothing, also at a terminal');

import type { Command } from 'commander';
import type { StartExecution } from '../contracts/job.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { ApiClient } from './api-client.ts';
import { ask, readStdin } from './ask.ts';
import type { CliSession } from './cli-session.ts';
import { collect } from './command-options.ts';
import { parseVariables } from './parse-variables.ts';

/** What a run is given, of those that people run and those that they only look at. */
export interface InputOptions {
  target?: string[];
  var?: string[];
  varStdin?: string;
}

/** Serial of a target that is named by its serial or its exact name. */
const targetSerial = async (client: ApiClient, text: string): Promise<string> => {
  if (/^T\d{8,19}$/.test(text)) return text;
  const { data } = await client.listTargets({ search: text, limit: 500 });
  const named = data.filter((target) => target.name === text);
  const [only] = named;
  if (only === undefined) throw new OpsError('NOT_FOUND', `There is no target named "${text}".`);
  if (named.length > 1)
    throw new OpsError(
      'VALIDATION',
      `${named.length} targets are named "${text}"; give a serial: ${named.map((target) => target.target_serial).join(', ')}.`,
    );
  return only.target_serial;
};

const readVariables = async (session: CliSession, job: string, options: InputOptions): Promise<StartExecution['variables']> => {
  const { var: assignments = [], varStdin: key } = options;
  if (assignments.length === 0 && key === undefined) return undefined;
  const { variables } = await session.client.getJob(job);
  const text = key === undefined || !session.stdin.isTTY ? undefined : await ask(session, key, { isSecret: true });
  const fromStdin = key === undefined ? undefined : { key, text: text ?? (await readStdin(session.stdin)) };
  return parseVariables(variables, assignments, fromStdin, session.say);
};

/** Targets by serial or name, variables typed as the job declares them. @throws OpsError NOT_FOUND, VALIDATION */
export const readTargetsAndVariables = async (
  session: CliSession,
  job: string,
  options: InputOptions,
): Promise<Pick<StartExecution, 'targets' | 'variables'>> => {
  const targets: string[] = [];
  for (const target of options.target ?? []) targets.push(await targetSerial(session.client, target));
  const variables = await readVariables(session, job, options);
  return { ...(targets.length > 0 && { targets }), ...(variables !== undefined && { variables }) };
};

/** `--target`, `--var` and `--var-stdin`. */
export const addInputOptions = (command: Command): Command =>
  command
    .option('--target <target>', 'run on this target only, by serial or name; may be given several times', collect)
    .option(
      '--var <name=value>',
      'value of a variable; may be given several times. NAME=@FILE reads a file, NAME=@@x stands for @x',
      collect,
    )
    .option('--var-stdin <name>', 'read the value of this variable from stdin: the way for secrets');

import { DatabaseAction } from '../../../contracts/actions/database.ts';
import { METHODS } from '../../../contracts/capabilities.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { parseConnectionString } from '../connection-string.ts';
import { METHOD_INPUT_CONFIGS } from '../../../contracts/methods/inputs.ts';
import type { Endpoint } from '../../../contracts/transport.ts';
import { beginsAs } from '../../../domain/statement-kind.ts';
import { bind, render } from '../render.ts';
import { able, completed } from './action-handler.ts';
import type { ActionHandler, ActionRun } from './action-handler.ts';

const Parameters = DatabaseAction.shape.action_parameters;
const CONNECT_TIMEOUT_MS = 30_000;

/** @throws OpsError VALIDATION; the text of the connection string is in no message, as it holds the password. */
const endpointOf = (text: string): Endpoint => {
  const { methodType, host, port, username, password, config } = parseConnectionString(text);
  const checked = METHOD_INPUT_CONFIGS[methodType].safeParse(config);
  const [issue] = checked.error?.issues ?? [];
  if (issue !== undefined)
    throw new OpsError(
      'VALIDATION',
      `The connectionString for ${METHODS[methodType].label} has a wrong ${issue.path.join('.') || 'option'}: ${issue.message}.`,
    );
  const { timeout } = checked.data ?? {};
  return {
    methodType,
    host,
    port,
    config: checked.data ?? {},
    hostKeyFingerprint: undefined,
    platform: 'posix',
    connectTimeoutMs: timeout === undefined ? CONNECT_TIMEOUT_MS : timeout * 1_000,
    keepAliveMs: 0,
    secret: password === '' ? undefined : { type: 'password', username, password },
  };
};

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const sessionOf = (run: ActionRun, connectionString: string | undefined) =>
  connectionString === undefined ? run.connect() : run.connectTo(endpointOf(render(run, connectionString, 'url')));

/** One statement; its rows are the output, one JSON object a line, and the log tells how many there were or how many it changed. */
export const runQuery: ActionHandler = async (run) => {
  const { action, note, output, signal } = run;
  const { query, queryType, connectionString, maxRows } = Parameters.parse(action.parameters);
  const isProcedure = queryType === 'STORED_PROCEDURE';
  const statement = bind(run, query);
  if (queryType !== undefined && !isProcedure && !beginsAs(statement.segments.join(' '), queryType))
    throw new OpsError('VALIDATION', `The query does not begin with ${queryType} (or WITH), as its queryType says. Nothing was sent.`);
  const session = await sessionOf(run, connectionString);
  const result = await able(session, 'query', action)({ statement, isProcedure, maxRows }, output, signal);
  const { rowCount, affectedRows, isTruncated } = result;
  if (rowCount !== null) note('info', 'action_execution', 'command_execution', `The statement gave ${count(rowCount, 'row')}.`);
  if (affectedRows !== null) note('info', 'action_execution', 'command_execution', `The statement changed ${count(affectedRows, 'row')}.`);
  if (isTruncated)
    note('warning', 'action_execution', 'command_execution', `There were more rows; maxRows lets only ${maxRows} into the output.`);
  return completed();
};

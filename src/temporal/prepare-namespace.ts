import { isGrpcServiceError } from '@temporalio/client';
import type { Client, Connection } from '@temporalio/client';
import { OpsError } from '../domain/ops-error.ts';
import { applyPlatformSchedules } from './platform-schedules.ts';

const KEYWORD = 2;
const SEARCH_ATTRIBUTES = ['OpsJobId', 'OpsExecutionId', 'OpsTargetId', 'OpsEnv', 'OpsTrigger', 'OpsDefHash', 'OpsManagedBy'];

/** PERMISSION_DENIED, UNIMPLEMENTED: what servers say that let their own tools alone change a namespace, such as Temporal Cloud. */
const REFUSALS: readonly unknown[] = [7, 12];
const INVALID_ARGUMENT = 3;

/**
 * Registers our search attributes; a repeat is harmless. A server that refuses it is fine if they are there.
 * @throws OpsError UNAVAILABLE: they are not, and how to add them.
 */
export const registerSearchAttributes = async (client: Client): Promise<void> => {
  const connection = client.connection as Connection;
  const { namespace } = client.options;
  const searchAttributes = Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (cause) {
    if (!isGrpcServiceError(cause) || !REFUSALS.includes(cause.code)) throw cause;
    const missing = await missingAttributes(client);
    if (missing.length > 0)
      throw new OpsError(
        'UNAVAILABLE',
        `The Temporal namespace ${namespace} lacks the search attributes ${missing.join(', ')}, and the server does not let this program add them: add them as Keyword with the tool of whoever operates it (temporal operator search-attribute create; on Temporal Cloud in the settings of the namespace), then start again.`,
        { cause },
      );
  }
};

/** Everybody who may list workflows may ask by an attribute; the server refuses one that it does not know. */
const missingAttributes = async (client: Client): Promise<string[]> => {
  const missing: string[] = [];
  for (const name of SEARCH_ATTRIBUTES) {
    await client.workflow.count(`${name} = 'none'`).catch((error: unknown) => {
      if (codeOf(error) !== INVALID_ARGUMENT) throw error;
      missing.push(name);
    });
  }
  return missing;
};

/** The SDK wraps what the server says. */
const codeOf = (error: unknown): unknown => {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined;
};

/** Search attributes, and the schedules of the platform itself; repeated at every start. */
export const prepareNamespace = async (client: Client, taskQueuePrefix: string): Promise<void> => {
  await registerSearchAttributes(client);
  await applyPlatformSchedules(client, taskQueuePrefix);
};

import type { Client, Connection } from '@temporalio/client';
import { applyPlatformSchedules } from './platform-schedules.ts';

const KEYWORD = 2;
const SEARCH_ATTRIBUTES = ['OpsJobId', 'OpsExecutionId', 'OpsTargetId', 'OpsEnv', 'OpsTrigger', 'OpsDefHash', 'OpsManagedBy'];

/** Registers our search attributes; a repeat is harmless. */
export const registerSearchAttributes = async (client: Client): Promise<void> => {
  const connection = client.connection as Connection;
  await connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
};

/** Search attributes, and the schedules of the platform itself; repeated at every start. */
export const prepareNamespace = async (client: Client, taskQueuePrefix: string): Promise<void> => {
  await registerSearchAttributes(client);
  await applyPlatformSchedules(client, taskQueuePrefix);
};

import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { methodWeaknesses } from '../../domain/method-weaknesses.ts';
import { readConnection } from '../../domain/read-connection.ts';

/** Options without which a method's schema is not content; they protect nothing. */
const NEEDED: Partial<Record<string, Record<string, string>>> = { oracle: { service_name: 'any' }, sqlite: { database_path: '/any' } };

/** What protects a `connectionString` less than it could, as `methodWeaknesses`; what references decide is said to be open until then. */
export const connectionWeaknesses = (connectionString: string): string[] => {
  const { methodType, options, open, hasCredential } = readConnection(connectionString);
  if (methodType === undefined) return ['connectionString: a variable decides how it is protected; that is known only when it runs'];
  const checked = METHOD_CONFIGS[methodType].safeParse({ ...NEEDED[methodType], ...options });
  // A wrong option is refused when it runs, before anything is sent.
  const weaknesses = checked.success
    ? methodWeaknesses({ method_type: methodType, port: null, config: { ...checked.data }, hasCredential })
    : [];
  return [...weaknesses, ...open.map((option) => `${option}: a variable decides; how it is protected is known only when it runs`)];
};

/** The actions of a job that bring a connection of their own which is less protected than it could be; for the audit. */
export const weakConnections = (flat: readonly FlatAction[]): { path: string; weaknesses: string[] }[] =>
  flat.flatMap(({ path, action }) => {
    const { connectionString } = action.action_parameters as Readonly<Record<string, unknown>>;
    if (action.action_type !== 'database' || typeof connectionString !== 'string') return [];
    const weaknesses = connectionWeaknesses(connectionString);
    return weaknesses.length === 0 ? [] : [{ path: `${path}.action_parameters.connectionString`, weaknesses }];
  });

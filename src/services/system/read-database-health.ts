import type { DatabaseHealth } from '../../contracts/database-health.ts';
import { readHealth } from '../../db/health/read-health.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';

/** What `opsconductor db health` says, about the database of this installation. @throws OpsError FORBIDDEN */
export const readDatabaseHealth = (deps: ServiceDeps, caller: Caller): Promise<DatabaseHealth> => {
  authorize(caller, 'database.read');
  return readHealth(deps.db);
};

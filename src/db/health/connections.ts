import type { ConnectionUse, DatabaseFinding } from '../../contracts/database-health.ts';
import { shareText } from '../../domain/quantity-text.ts';
import type { Ask } from './look.ts';

const WARNING_SHARE = 0.8;
const CRITICAL_SHARE = 0.95;
const NAMED_APPLICATIONS = 3;

const LIMITS = `
SELECT current_setting('max_connections')::int AS max,
  current_setting('superuser_reserved_connections')::int + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved`;

// A role without pg_read_all_stats does not see what kind of process another role's is; all of those have a database.
const APPLICATIONS = `
SELECT coalesce(nullif(application_name, ''), '(no name)') AS application, count(*)::int AS total,
  (count(*) FILTER (WHERE state = 'active'))::int AS active, (count(*) FILTER (WHERE state = 'idle'))::int AS idle,
  (count(*) FILTER (WHERE state LIKE 'idle in transaction%'))::int AS idle_in_transaction
FROM pg_stat_activity WHERE backend_type = 'client backend' OR (backend_type IS NULL AND datid IS NOT NULL)
GROUP BY 1 ORDER BY 2 DESC, 1`;

/** The connections that are left for ordinary roles come to their end. */
export const connectionFindings = ({ max, reserved, used, by_application: applications }: ConnectionUse): DatabaseFinding[] => {
  const open = Math.max(1, max - reserved);
  const share = used / open;
  if (share < WARNING_SHARE) return [];
  const most = applications.slice(0, NAMED_APPLICATIONS).map(({ application, total }) => `${application} has ${total}`);
  return [
    {
      kind: 'connections',
      severity: share >= CRITICAL_SHARE ? 'critical' : 'warning',
      object: 'max_connections',
      sentence: `${used} of ${open} connections are taken (${shareText(share)}; ${reserved} more are for superusers). ${most.join(', ')}. When none is left, OpsConductor cannot work.`,
      suggestion:
        'Take fewer (OPSCONDUCTOR_DATABASE_POOL, fewer servers and workers), put a pooler before the server, or raise max_connections, which takes a restart.',
      facts: { max, reserved, used, share },
    },
  ];
};

/** How many connections are taken, and by whom. */
export const examineConnections = async (ask: Ask): Promise<{ use: ConnectionUse; findings: DatabaseFinding[] }> => {
  const [limits] = await ask<{ max: number; reserved: number }>(LIMITS);
  const applications = await ask<ConnectionUse['by_application'][number]>(APPLICATIONS);
  const use: ConnectionUse = {
    max: limits?.max ?? 0,
    reserved: limits?.reserved ?? 0,
    used: applications.reduce((sum, { total }) => sum + total, 0),
    by_application: applications,
  };
  return { use, findings: connectionFindings(use) };
};

import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { countOf } from '../../domain/quantity-text.ts';
import { IS_OURS } from './look.ts';
import type { Look } from './look.ts';

interface Rights {
  role: string;
  reads_statistics: boolean;
  closed_tables: number;
}

const RIGHTS = `
SELECT quote_ident(current_user) AS role, pg_has_role('pg_read_all_stats', 'USAGE') AS reads_statistics,
  (SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT has_table_privilege(c.oid, 'SELECT') AND ${IS_OURS}) AS closed_tables`;

/** What this role cannot see, so that silence about it is not taken for health. */
export const rightsLook: Look = async (ask) => {
  const [rights] = await ask<Rights>(RIGHTS);
  if (rights === undefined) return [];
  const { role, closed_tables: closed } = rights;
  const findings: DatabaseFinding[] = [];
  if (!rights.reads_statistics)
    findings.push({
      kind: 'limited_view',
      severity: 'info',
      object: 'pg_read_all_stats',
      sentence: `The role ${role} does not see what other roles do: their statements, their open transactions, whether their connections are idle, and the building of indexes are left out.`,
      suggestion: 'Let it read all statistics; a superuser can grant that.',
      statement: `GRANT pg_read_all_stats TO ${role};`,
      facts: {},
    });
  if (closed > 0)
    findings.push({
      kind: 'limited_view',
      severity: 'info',
      object: 'SELECT',
      sentence: `The role ${role} may not read ${countOf(closed, 'table')}: empty space in their indexes is not estimated, and rows in their default partitions are not counted but estimated.`,
      suggestion: 'Look again as the owner of the tables.',
      facts: { closed_tables: closed },
    });
  return findings;
};

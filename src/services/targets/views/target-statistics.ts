import type { TargetStatistics, TargetStatisticsFilter } from '../../../contracts/target-views.ts';
import { selectRows } from '../../../db/query.ts';
import type { BoundCondition } from '../../../db/selector-sql.ts';
import { selectorCondition } from '../../../db/selector-sql.ts';
import { parseSelector } from '../../../domain/selector.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';

interface Group {
  field: keyof Omit<TargetStatistics, 'total'> | 'total';
  value: string;
  targets: number;
}

const statement = (fits: string): string => `
WITH fitting AS MATERIALIZED (SELECT t.* FROM universal_targets t WHERE t.is_active AND ${fits})
SELECT CASE grouping(target_type, os_type, environment, status, health_status) WHEN 15 THEN 'by_type' WHEN 23 THEN 'by_os'
    WHEN 27 THEN 'by_environment' WHEN 29 THEN 'by_status' WHEN 30 THEN 'by_health' ELSE 'total' END AS field,
  coalesce(target_type, os_type, environment, status, health_status, '') AS value, count(*)::int AS targets
FROM fitting GROUP BY GROUPING SETS ((), (target_type), (os_type), (environment), (status), (health_status))
UNION ALL
SELECT 'by_method', m.method_type, count(DISTINCT m.target_id)::int FROM fitting f
JOIN target_communication_methods m ON m.target_id = f.id AND m.is_active GROUP BY m.method_type
ORDER BY field, value`;

/** How many targets there are, by what they are; of those that the selector fits, if there is one. @throws OpsError VALIDATION */
export const targetStatistics = async (
  { db }: ServiceDeps,
  caller: Caller,
  { selector }: TargetStatisticsFilter,
): Promise<TargetStatistics> => {
  authorize(caller, 'targets.read');
  const fits: BoundCondition = selector === undefined ? { sql: 'true', bind: [] } : selectorCondition(parseSelector(selector), 't', 1);
  const groups = await selectRows<Group>(db, statement(fits.sql), fits.bind);
  const of = (field: Group['field']): Record<string, number> =>
    Object.fromEntries(groups.filter((group) => group.field === field).map(({ value, targets }) => [value, targets]));
  return {
    total: groups.find(({ field }) => field === 'total')?.targets ?? 0,
    by_type: of('by_type'),
    by_os: of('by_os'),
    by_environment: of('by_environment'),
    by_status: of('by_status'),
    by_health: of('by_health'),
    by_method: of('by_method'),
  };
};

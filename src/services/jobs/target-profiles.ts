import type { Sequelize, Transaction } from 'sequelize';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import type { Bind } from '../../db/query.ts';
import { selectRows } from '../../db/query.ts';

const SERIALS_SHOWN = 5;

/** Targets that are alike in how they are reached. */
export interface TargetProfile {
  os_type: string;
  /** Active ones, in the order in which an action looks for one. */
  methods: { type: CommunicationMethodType; shell: string | null }[];
  count: number;
  /** The first five. */
  serials: string[];
}

const profilesFrom = (targets: string): string => `
SELECT listed.os_type, listed.methods, count(*)::int AS count, (array_agg(listed.target_serial ORDER BY listed.target_serial))[1:${SERIALS_SHOWN}] AS serials
FROM (SELECT t.target_serial, t.os_type, coalesce((
    SELECT jsonb_agg(jsonb_build_object('type', m.method_type, 'shell', m.config->>'shell') ORDER BY m.is_primary DESC, m.priority, m.id)
    FROM target_communication_methods m WHERE m.target_id = t.id AND m.is_active), '[]') AS methods
  FROM ${targets}) listed GROUP BY 1, 2`;

const OF_JOB = profilesFrom('job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active');
const NAMED = profilesFrom('universal_targets t WHERE t.target_uuid = ANY($1::uuid[])');

/** The targets of a job's list. */
export const profilesOfJob = (db: Sequelize, jobId: number, transaction: Transaction): Promise<TargetProfile[]> =>
  selectRows<TargetProfile>(db, OF_JOB, [jobId], transaction);

/** Targets by their uuids. */
export const profilesOfTargets = (db: Sequelize, uuids: readonly string[], transaction?: Transaction): Promise<TargetProfile[]> =>
  selectRows<TargetProfile>(db, NAMED, [uuids], transaction);

/** Targets for which a condition on universal_targets `t` holds. */
export const profilesOf = (db: Sequelize, { sql, bind }: { sql: string; bind: Bind }): Promise<TargetProfile[]> =>
  selectRows<TargetProfile>(db, profilesFrom(`universal_targets t WHERE t.is_active AND ${sql}`), bind);

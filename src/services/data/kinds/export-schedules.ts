import { SealedValue } from '../../../contracts/sealed-value.ts';
import { selectRows } from '../../../db/query.ts';
import type { StoredVariable } from '../../../db/load-definition.ts';
import { variableText } from '../../../domain/template/value.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { exportSchedules } from '../../schedules/code/export-schedules.ts';
import { openScheduleVariables } from '../../schedules/definition.ts';
import type { ScheduleConfig } from '../../schedules/schedule-row.ts';
import type { SealSecret } from '../passphrase.ts';
import type { ExportScope } from './kind.ts';

const SCHEDULES_A_PAGE = 200;

interface Row {
  id: number;
  serial: string;
  uuid: string;
  config: ScheduleConfig;
  declared: StoredVariable[];
}

const idsAfter = ({ db }: ServiceDeps, { serials }: ExportScope, after: number): Promise<Row[]> =>
  selectRows<Row>(
    db,
    `SELECT s.id, s.schedule_serial AS serial, s.schedule_uuid AS uuid, s.schedule_config AS config, j.variables AS declared
     FROM job_schedules s JOIN jobs j ON j.id = s.job_id WHERE s.deleted_at IS NULL AND j.deleted_at IS NULL AND s.id > $1
       AND ($2::text[] IS NULL OR s.schedule_serial = ANY($2::text[])) ORDER BY s.id LIMIT ${SCHEDULES_A_PAGE}`,
    [after, serials ?? null],
  );

const sealedOf = ({ keyRing }: ServiceDeps, { uuid, config, declared }: Row, seal: SealSecret): Record<string, object> => {
  const opened = openScheduleVariables(keyRing, uuid, config, declared);
  const secret = Object.keys(opened).filter((key) => SealedValue.safeParse(config.variables?.[key]).success);
  return Object.fromEntries(secret.map((key) => [key, seal(variableText(opened[key]))]));
};

/** Schedules as items, their job by name where only one has it; secrets only with a seal. */
export async function* scheduleItems(deps: ServiceDeps, caller: Caller, scope: ExportScope): AsyncGenerator<object[]> {
  const { seal } = scope;
  for (let after = 0; ;) {
    const rows = await idsAfter(deps, scope, after);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    const { data } = await exportSchedules(deps, caller, { serials: rows.map(({ serial }) => serial).join(',') });
    const definitions = new Map(data.map(({ schedule_serial: serial, definition }) => [serial, definition]));
    yield rows.map((row) => {
      const sealed = seal === undefined ? {} : sealedOf(deps, row, seal);
      return { kind: 'schedule', ...definitions.get(row.serial), ...(Object.keys(sealed).length > 0 && { sealed }) };
    });
  }
}

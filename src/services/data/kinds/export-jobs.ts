import type { ShownVariable } from '../../../contracts/job-variable.ts';
import type { StoredVariable } from '../../../db/load-definition.ts';
import { selectRows } from '../../../db/query.ts';
import type { ServiceDeps } from '../../context.ts';
import { uncheckedDefinitionOf } from '../../jobs/definition-of-job.ts';
import type { Kind } from '../../jobs/job-kind.ts';
import { readJob } from '../../jobs/read-jobs.ts';
import { openVariables } from '../../jobs/stored-variables.ts';
import type { SealSecret } from '../passphrase.ts';
import { targetNamesOf } from './job-target-names.ts';
import type { ExportScope } from './kind.ts';

const JOBS_A_PAGE = 100;

interface Row {
  id: number;
  job_serial: string;
  job_uuid: string;
  variables: StoredVariable[];
}

/** What is not said is left out. */
const variableItem = ({ value, ...variable }: ShownVariable, sealed: object | undefined): object => ({
  ...variable,
  ...(value !== null && { value }),
  ...(sealed !== undefined && { sealed }),
});

const sealedValues = ({ keyRing }: ServiceDeps, { job_uuid: uuid, variables }: Row, seal: SealSecret): Map<string, object> =>
  new Map(
    openVariables(keyRing, uuid, variables).flatMap(({ key, secret }) => (secret === undefined ? [] : [[key, seal(secret)] as const])),
  );

const jobItem = async (deps: ServiceDeps, kind: Kind, row: Row, seal: SealSecret | undefined): Promise<object> => {
  const job = await readJob(deps.db, row.job_serial, { kind });
  const sealed = seal === undefined ? new Map<string, object>() : sealedValues(deps, row, seal);
  const { target_selector: selector, ...definition } = uncheckedDefinitionOf(job) as Record<string, unknown>;
  const targets = kind === 'job' ? await targetNamesOf(deps.db, row.id) : [];
  return {
    kind,
    serial: job.job_serial,
    uuid: job.job_uuid,
    ...definition,
    variables: job.variables.map((variable) => variableItem(variable, sealed.get(variable.key))),
    ...(kind === 'job' && { target_selector: selector, ...(targets.length > 0 && { targets }) }),
  };
};

/** Jobs or templates as items, with the definition of their current version; values of secrets only with a seal. */
export async function* jobItems(deps: ServiceDeps, kind: Kind, { serials, seal }: ExportScope): AsyncGenerator<object[]> {
  for (let after = 0; ;) {
    const rows = await selectRows<Row>(
      deps.db,
      `SELECT j.id, j.job_serial, j.job_uuid, j.variables FROM jobs j WHERE j.deleted_at IS NULL AND j.is_template = $1 AND j.id > $2
         AND ($3::text[] IS NULL OR j.job_serial = ANY($3::text[])) ORDER BY j.id LIMIT ${JOBS_A_PAGE}`,
      [kind === 'template', after, serials ?? null],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.id;
    const items: object[] = [];
    for (const row of rows) items.push(await jobItem(deps, kind, row, seal));
    yield items;
  }
}

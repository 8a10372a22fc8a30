import type { TargetFilter } from '../../../src/contracts/target.ts';
import { MethodInput } from '../../../src/contracts/target.ts';
import { testTargets } from '../../../src/services/targets/bulk/test-targets.ts';
import { updateTargets } from '../../../src/services/targets/bulk/update-targets.ts';
import { addCredential } from '../../../src/services/targets/credentials/add-credential.ts';
import { getCredential, listCredentials } from '../../../src/services/targets/credentials/read-credentials.ts';
import { removeCredential } from '../../../src/services/targets/credentials/remove-credential.ts';
import { updateCredential } from '../../../src/services/targets/credentials/update-credential.ts';
import { addMethod } from '../../../src/services/targets/methods/add-method.ts';
import { getMethod, listMethods } from '../../../src/services/targets/methods/read-methods.ts';
import { removeMethod } from '../../../src/services/targets/methods/remove-method.ts';
import { updateMethod } from '../../../src/services/targets/methods/update-method.ts';
import { getTarget, listTargets } from '../../../src/services/targets/read-targets.ts';
import { listTargetJobs } from '../../../src/services/targets/views/target-jobs.ts';
import { listTargetRuns } from '../../../src/services/targets/views/target-runs.ts';
import { targetStatistics } from '../../../src/services/targets/views/target-statistics.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;

/** A target's parts, changes of several targets, and what is known of one besides itself. */
export const targetCases = async ({ services, caller, filled }: World): Promise<QueryCase[]> => {
  const { targets } = filled;
  const targetsBy = (filter: Partial<TargetFilter>) => listTargets(services, caller, { limit: LIMIT, ...filter });
  const runsOf = (n: number, filter: object = {}) => listTargetRuns(services, caller, pick(targets, n).serial, { limit: LIMIT, ...filter });
  const first = targets[0]?.serial ?? '';
  const deepRuns = await deepCursors((page) => listTargetRuns(services, caller, first, { limit: LIMIT, ...page }));
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const methodNamed = (n: number) =>
    MethodInput.parse({ method_type: 'snmp', method_name: `snmp-${n}`, host: `snmp-${n}.example.org`, config: { version: '2c' } });
  const secret = { credential_type: 'snmp_community' as const, community: 'secret' };

  return [
    page('targets, by selector', ['listTargets'], (n) =>
      targetsBy({ selector: pick(['env=production', 'os in (linux,windows)', 'team=web', '!team'], n) }),
    ),
    page('targets, by protocol', ['listTargets'], () => targetsBy({ method_type: 'ssh' })),
    page('targets, counted', ['targetStatistics'], (n) =>
      targetStatistics(services, caller, pick([{}, { selector: 'env=production' }], n)),
    ),
    page('targets, changed', ['updateTargets', 'resolveTargets'], (n) =>
      updateTargets(services, caller, {
        targets: targets.slice(0, 100).map(({ serial }) => serial),
        add_labels: { turn: String(n) },
        dry_run: false,
      }),
    ),
    page('targets, tested', ['testTargets', 'resolveTargets'], async (n) => {
      for await (const _ of await testTargets(services, caller, { targets: [pick(targets, n).serial] }));
    }),
    row('target, by uuid', ['getTarget', 'readTarget'], async (n) => {
      const { target_uuid: uuid } = await getTarget(services, caller, pick(targets, n).serial);
      await getTarget(services, caller, uuid);
    }),
    row(
      'method added, changed and removed',
      [
        'addMethod',
        'updateMethod',
        'removeMethod',
        'changeMethods',
        'methodOfTarget',
        'clearPrimary',
        'settlePrimary',
        'assertMethodRevision',
      ],
      async (n) => {
        const { serial } = pick(targets, n);
        const { method_name: name } = await addMethod(services, caller, serial, methodNamed(n));
        await updateMethod(services, caller, serial, name, { is_primary: true, priority: 2 });
        await removeMethod(services, caller, serial, name);
      },
    ),
    row('methods', ['listMethods', 'getMethod', 'readMethod'], async (n) => {
      const { data } = await listMethods(services, caller, pick(targets, n).serial);
      await getMethod(services, caller, pick(targets, n).serial, data[0]?.method_name ?? '');
    }),
    row(
      'credential added, changed and removed',
      [
        'addCredential',
        'readCredential',
        'updateCredential',
        'removeCredential',
        'changeCredentials',
        'credentialOfMethod',
        'clearPrimaryCredential',
        'insertCredential',
        'assertCredentialRevision',
        'listCredentials',
        'getCredential',
      ],
      async (n) => {
        const key = pick(targets, n).serial;
        const { method_name: method } = await addMethod(services, caller, key, methodNamed(n));
        const { credential_uuid: uuid } = await addCredential(services, caller, key, method, {
          credential_name: 'one',
          is_primary: true,
          secret,
        });
        await updateCredential(services, caller, { key, method, uuid }, { is_primary: true, secret });
        await listCredentials(services, caller, key, method);
        await getCredential(services, caller, key, method, uuid);
        await removeCredential(services, caller, { key, method, uuid });
        await removeMethod(services, caller, key, method);
      },
    ),
    page('runs of a target', ['listTargetRuns', 'targetId'], (n) => runsOf(n)),
    page('runs of a target, oldest first', ['listTargetRuns'], (n) => runsOf(n, { sort: 'created' })),
    page('runs of a target, deep', ['listTargetRuns'], (n) =>
      listTargetRuns(services, caller, first, { limit: LIMIT, cursor: pick(deepRuns, n) }),
    ),
    page('jobs of a target', ['listTargetJobs', 'targetId'], (n) =>
      listTargetJobs(services, caller, pick(targets, n).serial, { limit: LIMIT }),
    ),
  ];
};

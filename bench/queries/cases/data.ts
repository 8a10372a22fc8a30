import type { DataType, ImportMode } from '../../../src/contracts/data-transfer.ts';
import { exportData } from '../../../src/services/data/export-data.ts';
import { importData, reportOf } from '../../../src/services/data/import-data.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const PASSPHRASE = 'of the query cases';
const action = { action_type: 'command', action_name: 'list', action_parameters: { command: 'ls' } };

async function* bodyOf(document: object): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(JSON.stringify(document));
}

/** Documents, out and in. */
export const dataCases = ({ services, caller, filled }: World): QueryCase[] => {
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const exported = async (types: DataType[], rest: { serials?: string[]; selector?: string; passphrase?: string } = {}): Promise<void> => {
    for await (const _ of await exportData(services, caller, { types, format: 'json', ...rest }));
  };
  const imported = async (items: object[], mode: ImportMode = 'merge'): Promise<void> => {
    const input = { body: bodyOf({ items }), format: 'json', mode, validate_only: false, passphrase: undefined } as const;
    const { rows } = await reportOf(await importData(services, caller, input));
    const problem = rows.find((row) => row.problem !== null)?.problem;
    if (problem) throw new Error(problem.detail);
  };
  const targets = (n: number) =>
    Array.from({ length: 5 }, (_, index) => ({
      kind: 'target',
      name: `imported-${n}-${index}`,
      location: String(n),
      methods: [
        {
          method_type: 'ssh',
          host: `imported-${n}-${index}.example.org`,
          credential: { credential_type: 'password', username: 'ops', password: 'secret' },
        },
      ],
    }));
  const first = (n: number) => `imported-${n}-0`;

  return [
    page('targets, exported', ['exportData', 'targetItems', 'storedCredentials', 'readTargets'], () =>
      exported(['targets'], { selector: 'env=production', passphrase: PASSPHRASE }),
    ),
    page('jobs, exported', ['jobItems', 'targetNamesOf'], (n) =>
      exported(['jobs', 'templates'], { serials: [pick(filled.jobs, n).serial] }),
    ),
    page('accounts and settings, exported', [], () => exported(['users', 'settings'])),
    page(
      'targets, imported',
      [
        'importData',
        'importKinds',
        'importOne',
        'withSavepoint',
        'createTargets',
        'insertTargets',
        'insertFirstCredentials',
        'saveTarget',
        'putCredentials',
        'claimedIds',
      ],
      async (n) => {
        await imported(targets(n));
        await imported(targets(n).map((target) => ({ ...target, location: 'elsewhere' })));
      },
    ),
    page('jobs, imported', ['resolveTargetNames', 'listedSerials', 'editJob'], async (n) => {
      await imported(targets(n));
      const job = { kind: 'job', name: `imported ${n}`, targets: [first(n)], actions: [action] };
      await imported([job, { kind: 'template', name: `imported ${n}`, actions: [action] }]);
      await imported([{ ...job, priority: 7 }]);
    }),
    page('schedules, exported', ['scheduleItems'], () => exported(['schedules'])),
    page('schedules, imported', ['isSameSchedule'], async (n) => {
      const schedule = { kind: 'schedule', name: `imported ${n}`, job: pick(filled.jobs, n).serial, when: { every: '1h' } };
      await imported([schedule]);
      await imported([schedule]);
      await imported([{ ...schedule, when: { every: '2h' } }]);
    }),
    page('accounts and settings, imported', ['insertUser', 'saveUser'], async (n) => {
      const user = { kind: 'user', username: `imported-${n}`, email: `imported-${n}@example.org` };
      await imported([user, { kind: 'setting', name: 'login_lock_minutes', value: 1 + (n % 100) }]);
      await imported(
        [
          { ...user, role: 'operator' },
          { kind: 'setting', name: 'timezone', value: n % 2 === 0 ? 'UTC' : 'Europe/Rome' },
        ],
        'merge',
      );
    }),
  ];
};

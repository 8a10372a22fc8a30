import { AlertSeverity } from '../../../src/contracts/enums.ts';
import type { AuditFilter } from '../../../src/contracts/audit.ts';
import { readEvents } from '../../../src/db/audit/read-pages.ts';
import { getAuditEvent, listAuditEvents, listAuditSeals } from '../../../src/services/audit/read-audit.ts';
import { recordRefusal } from '../../../src/services/audit/record-refusal.ts';
import { changeSetting, changeSettings, resetSetting } from '../../../src/services/settings/change-settings.ts';
import { changeMaintenance, readMaintenance } from '../../../src/services/settings/maintenance.ts';
import { getSetting, listSettings } from '../../../src/services/settings/read-settings.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;
const WRITES = ['lockSetting', 'writeSetting', 'afterChange', 'readSetting'];

/** Settings, maintenance and the audit trail. */
export const administrationCases = async ({ services, caller, db, filled }: World): Promise<QueryCase[]> => {
  const eventsBy = (filter: Partial<AuditFilter>) => listAuditEvents(services, caller, { limit: LIMIT, ...filter });
  const deep = await deepCursors((page) => eventsBy({ limit: 500, ...page }));
  const { data } = await eventsBy({});
  const page = (name: string, covers: string, call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers: [covers], call });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const audit = (name: string, filter: (n: number) => Partial<AuditFilter>): QueryCase =>
    page(`audit${name}`, 'listAuditEvents', (n) => eventsBy(filter(n)));
  /** The change is undone after the case; what the process has heard of it must go too. */
  const changed = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase =>
    row(name, [...covers, ...WRITES], (n) => call(n).finally(() => services.readSettings.forget?.()));
  const run = (n: number): string => pick(filled.runs, n).serial;
  return [
    audit('', () => ({})),
    audit(', oldest first', () => ({ sort: 'occurred' })),
    audit(', deep', (n) => ({ cursor: pick(deep, n) })),
    audit(', by type', (n) => ({ event_type: pick(['job_executed', 'user_login', 'data_export'], n) })),
    audit(', by severity', (n) => ({ severity: pick(AlertSeverity.options, n) })),
    audit(', by user', (n) => ({ user: `user-${1 + (n % 20)}` })),
    audit(', by unknown user', (n) => ({ user: `nobody-${n}` })),
    audit(', by resource', (n) => ({ resource_type: 'job_executions', resource_id: run(n) })),
    audit(', by address', () => ({ ip: '192.0.2.1' })),
    audit(', by request', (n) => ({ request_id: `none-${n}` })),
    row('audit event', ['getAuditEvent'], (n) => getAuditEvent(services, caller, pick(data, n).id)),
    page('audit seals', 'listAuditSeals', () => listAuditSeals(services, caller, { limit: LIMIT })),
    row('refusal', ['recordRefusal'], (n) =>
      recordRefusal(services, { ...caller, actor: { type: 'user', userId: 2 + n } }, 'users.write', { method: 'GET', path: '/' }),
    ),
    { name: 'audit verification, a page', kind: 'page', covers: [], call: (n) => readEvents(db, { low: 1 + n * 100, high: 9e15 }).next() },
    page('settings', 'listSettings', () => listSettings(services, caller)),
    row('setting', ['getSetting', 'readSetting'], () => getSetting(services, caller, 'max_log_bytes')),
    changed('setting changed', ['changeSetting'], (n) => changeSetting(services, caller, 'max_log_bytes', { value: 2_000 + n })),
    changed('setting reset', ['resetSetting'], () => resetSetting(services, caller, 'max_log_bytes')),
    changed('settings changed', ['changeSettings'], (n) =>
      changeSettings(services, caller, { values: { max_concurrent_jobs: 2 + (n % 9) } }),
    ),
    row('maintenance', ['readMaintenance'], () => readMaintenance(services, caller)),
    changed('maintenance begun', ['changeMaintenance'], (n) => changeMaintenance(services, caller, { enabled: n % 2 === 0 })),
  ];
};

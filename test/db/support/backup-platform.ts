import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Sequelize } from 'sequelize';
import { createNotifyRun } from '../../../src/db/notify-run.ts';
import { execute, selectRow } from '../../../src/db/query.ts';
import { openBytes, parseKeyRing } from '../../../src/db/seal.ts';
import { createReadSettings } from '../../../src/db/settings.ts';
import { PERMISSIONS } from '../../../src/domain/permissions.ts';
import { NO_SCHEDULES } from '../../support/no-schedules.ts';
import type { Caller, ServiceDeps } from '../../../src/services/context.ts';

const key = (): string => randomBytes(32).toString('base64');
export const KEYS = JSON.stringify({ current: 'k1', keys: { k1: key() }, audit: key() });

/** The password of the target that a test makes. */
export const SECRET = 'correct horse';

/** Services on a database, with the keys of KEYS. */
export const depsOf = (db: Sequelize): ServiceDeps => ({
  db,
  keyRing: parseKeyRing(KEYS),
  readSettings: createReadSettings(db),
  openSession: () => Promise.reject(new Error('no target is reached here')),
  notifyRun: createNotifyRun(db),
  temporalAt: { address: 'none', namespace: 'none', taskQueue: 'none' },
  countEnded: () => {},
  startRun: () => Promise.resolve(),
  signalSlotGranted: () => Promise.resolve(),
  startSoon: () => {},
  cancelRun: () => Promise.resolve(false),
  hasTaken: () => Promise.resolve(false),
  steer: () => Promise.resolve(false),
  answerApproval: () => Promise.resolve('taken'),
  skipAction: () => Promise.resolve(false),
  schedules: NO_SCHEDULES,
  describeWorkflow: () => Promise.resolve('missing'),
});

export const admin: Caller = {
  userId: 1,
  userUuid: '',
  username: 'system',
  role: 'admin',
  permissions: new Set(PERMISSIONS),
  mustChangePassword: false,
  actor: { type: 'user', userId: 1 },
  sessionId: undefined,
  sessionUuid: undefined,
  tokenUuid: undefined,
  expiresAt: undefined,
};

/** Writes runs, each with two lines of log in the same transaction, until told to stop. @returns how many it wrote. */
export const startWriter = (db: Sequelize, jobId: number) => {
  const stopped = new AbortController();
  let written = 0;
  const write = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const serial = `J20250001.${String(written + 1).padStart(4, '0')}`;
      await execute(
        db,
        `WITH run AS (INSERT INTO job_executions (job_id, execution_serial, execution_number, definition_version, workflow_id)
           VALUES ($1, $2, $3, 1, $2) RETURNING id)
         INSERT INTO job_execution_logs (job_execution_id, log_phase, log_category, log_message)
         SELECT run.id, 'creation', 'system', 'line ' || n FROM run, generate_series(1, 2) n`,
        [jobId, serial, written + 1],
      );
      written += 1;
      await turn();
    }
  };
  const done = write();
  return {
    written: () => written,
    async stop() {
      stopped.abort();
      await done;
    },
  };
};

export const openSecret = async (db: Sequelize): Promise<string> => {
  const row = await selectRow<{ uuid: string; keyId: string; nonce: Buffer; ciphertext: Buffer }>(
    db,
    'SELECT credential_uuid AS uuid, key_id AS "keyId", nonce, ciphertext FROM target_credentials',
  );
  if (row === undefined) throw new Error('there is no credential');
  return openBytes(parseKeyRing(KEYS), row, { table: 'target_credentials', uuid: row.uuid, column: 'ciphertext' });
};

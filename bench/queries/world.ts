import { createScheduleWork } from '../../src/services/schedules/schedule-work.ts';
import { randomBytes } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import pino from 'pino';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { parseKeyRing } from '../../src/db/seal.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { permissionsOf } from '../../src/domain/permissions.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../src/services/context.ts';
import { ANSWERING_SCHEDULES } from './answering-schedules.ts';
import type { Filled } from './volume.ts';

/** Everything that a case needs: the services' and activities' surroundings without a Temporal, and what the database was filled with. */
export interface World {
  db: Sequelize;
  filled: Filled;
  services: ServiceDeps;
  activities: ActivityDeps;
  caller: Caller;
}

const randomKey = (): string => randomBytes(32).toString('base64');

export const createWorld = (db: Sequelize, filled: Filled): World => {
  const keyRing = parseKeyRing(JSON.stringify({ current: 'volume', keys: { volume: randomKey() }, audit: randomKey() }));
  const base = {
    db,
    keyRing,
    readSettings: createReadSettings(db),
    openSession: () => Promise.reject(new OpsError('CONNECTION_REFUSED', 'This bench connects to no target.')),
    notifyRun: () => {},
    countEnded: () => {},
    startRun: async () => {},
    signalSlotGranted: async () => {},
  };
  const activities: ActivityDeps = {
    ...base,
    signalLockGranted: async () => {},
    signalSteered: async () => {},
    signalAnswered: async () => {},
    signalCalendars: async () => {},
    skipAction: async () => true,
    describeWorkflow: async () => 'running',
    scheduleWork: createScheduleWork(
      { ...base, schedules: ANSWERING_SCHEDULES, describeWorkflow: async () => 'running' },
      { log: pino({ level: 'silent' }), observeStart: () => {} },
    ),
    cancelRun: async () => {},
    heartbeatTimeoutMs: 60_000,
    workerIdentity: 'bench',
    log: pino({ level: 'silent' }),
  };
  const caller: Caller = {
    userId: 2,
    userUuid: '00000000-0000-4000-8000-000000000000',
    username: 'user-1',
    role: 'admin',
    permissions: permissionsOf('admin', []),
    mustChangePassword: false,
    actor: { type: 'user', userId: 2 },
    sessionId: undefined,
    sessionUuid: undefined,
    tokenUuid: undefined,
    expiresAt: undefined,
  };
  return {
    db,
    filled,
    services: {
      ...base,
      temporalAt: { address: 'none', namespace: 'none', taskQueue: 'none' },
      startSoon: () => {},
      cancelRun: async () => true,
      hasTaken: async () => true,
      steer: async () => true,
      skipAction: async () => true,
      answerApproval: async () => 'taken',
      schedules: ANSWERING_SCHEDULES,
      describeWorkflow: async () => 'running',
    },
    activities,
    caller,
  };
};

import type { Logger } from 'pino';
import type { Sequelize } from 'sequelize';
import type { FiringEnd, FiringInput, FiringRun, FiringStep } from '../contracts/firing.ts';
import type { ExecutionTrigger } from '../contracts/enums.ts';
import type { SkippedAction } from '../contracts/run.ts';
import type { CountEnded } from '../db/close-branch.ts';
import type { NotifyRun } from '../db/notify-run.ts';
import type { KeyRing } from '../db/seal.ts';
import type { ReadSettings } from '../db/settings.ts';
import type { OpenSession } from '../transports/transport.ts';

/** How Temporal sees a workflow. `missing`: it never started, or its history is gone. */
export type WorkflowState = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out' | 'missing';

/** What the workflows of schedules ask; services do it. */
export interface ScheduleWork {
  openFiring: (input: FiringInput) => Promise<FiringStep>;
  acceptFiring: (firing: number) => Promise<FiringRun>;
  endFiring: (firing: number, isCancelled: boolean) => Promise<FiringEnd | 'running'>;
  awaitFiring: (firing: number) => Promise<FiringEnd>;
  /** Brings all schedules and Temporal together. @returns how many of them needed what */
  reconcileSchedules: () => Promise<Record<string, number>>;
}

/** What activities need of the world; each is a function, so a test gives a literal. */
export interface ActivityDeps {
  db: Sequelize;
  keyRing: KeyRing;
  readSettings: ReadSettings;
  openSession: OpenSession;
  notifyRun: NotifyRun;
  countEnded: CountEnded;
  /** Tells a waiting run that it has a slot. Fails silently for the caller: the reconciler signals again. */
  signalSlotGranted: (workflowId: string) => Promise<void>;
  /** Tells a waiting branch that its target is free. */
  signalLockGranted: (workflowId: string) => Promise<void>;
  /** Tells a run to read its row again: it was steered. */
  signalSteered: (workflowId: string) => Promise<void>;
  /** Tells a branch to look for answers to its approvals. */
  signalAnswered: (workflowId: string) => Promise<void>;
  /** Has a branch ask the calendars before its next action, or now when it waits for them. */
  signalCalendars: (workflowId: string) => Promise<void>;
  /** Has the workflow of a branch skip a running action. @returns false when it has not answered in time. @throws OpsError CONFLICT: it does not run */
  skipAction: (workflowId: string, action: SkippedAction) => Promise<boolean>;
  scheduleWork: ScheduleWork;
  describeWorkflow: (workflowId: string) => Promise<WorkflowState>;
  /** Starts the workflow of an execution; a repeated start meets the same one. */
  startRun: (workflowId: string, execution: string, trigger: ExecutionTrigger) => Promise<void>;
  cancelRun: (workflowId: string) => Promise<void>;
  /** Silence after which a running action counts as lost. */
  heartbeatTimeoutMs: number;
  /** Host and process of this worker, as the record shows it. */
  workerIdentity: string;
  log: Logger;
}

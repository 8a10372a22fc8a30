import type { ApprovalAnswer, SkippedAction } from '../contracts/run.ts';
import type { Sequelize } from 'sequelize';
import type { Permission } from '../domain/permissions.ts';
import type { ExecutionTrigger, UserRole } from '../contracts/enums.ts';
import type { Actor } from '../db/record-audit.ts';
import type { CountEnded } from '../db/close-branch.ts';
import type { NotifyRun } from '../db/notify-run.ts';
import type { KeyRing } from '../db/seal.ts';
import type { ReadSettings } from '../db/settings.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { OidcClient } from '../transports/oidc/create-oidc-client.ts';
import type { OpenSession } from '../transports/transport.ts';
import type { TemporalSchedules } from './schedules/temporal-schedules.ts';

/** The OIDC provider, and what its groups mean here. */
export interface OidcLogin {
  client: OidcClient;
  /** Of this API as browsers reach it, without a slash at its end. */
  publicUrl: string;
  groupsClaim: string;
  /** Role by group; `*` is everybody whom the provider lets in. */
  roles: Readonly<Record<string, UserRole>>;
  /** An account with the verified address of somebody unknown becomes his. */
  linksByEmail: boolean;
  /** No login comes back to a program, whose port somebody else on its machine may have taken. */
  refusesLoopback: boolean;
}

/** What services need. */
export interface ServiceDeps {
  db: Sequelize;
  keyRing: KeyRing;
  readSettings: ReadSettings;
  openSession: OpenSession;
  notifyRun: NotifyRun;
  countEnded: CountEnded;
  /** Where Temporal is, and how the task queues of this installation are named. */
  temporalAt: { address: string; namespace: string; taskQueue: string };
  /** Undefined: people log in with passwords only. */
  oidc?: OidcLogin | undefined;
  /** Starts the workflow of an execution; may fail while Temporal is away. */
  startRun: (workflowId: string, execution: string, trigger: ExecutionTrigger) => Promise<void>;
  /** Tells a waiting run that it has a slot; fails while Temporal is away, the reconciler tells it again. */
  signalSlotGranted: (workflowId: string) => Promise<void>;
  /** The same behind the caller's back, a few at once: one that fails is started by the reconciler. */
  startSoon: (workflowId: string, execution: string, trigger: ExecutionTrigger) => void;
  /** @returns false when Temporal does not know the workflow. */
  cancelRun: (workflowId: string) => Promise<boolean>;
  /** Has a worker taken what the workflow was told? @returns false when none has answered in time. */
  hasTaken: (workflowId: string) => Promise<boolean>;
  /** Has the workflow of a run look at its row again. @returns false when it has not done so in time. */
  steer: (workflowId: string) => Promise<boolean>;
  schedules: TemporalSchedules;
  /** How Temporal sees a workflow; `missing`: it does not know it. */
  describeWorkflow: (workflowId: string) => Promise<string>;
  /** Gives the workflow of a branch the answer of a person; `unknown` when no worker answers in time. */
  answerApproval: (workflowId: string, answer: ApprovalAnswer) => Promise<'taken' | 'refused' | 'unknown'>;
  /** Has the workflow of a branch skip a running action. @returns false when it has not answered in time. @throws OpsError CONFLICT */
  skipAction: (workflowId: string, action: SkippedAction) => Promise<boolean>;
}

/** Who calls, with what rights. */
export interface Caller {
  userId: number;
  userUuid: string;
  username: string;
  role: UserRole;
  permissions: ReadonlySet<Permission>;
  mustChangePassword: boolean;
  actor: Extract<Actor, { type: 'user' | 'api_token' }>;
  sessionId: number | undefined;
  /** Public id of the session; undefined: an API token calls. */
  sessionUuid: string | undefined;
  /** Public id of the API token; undefined: a session calls. */
  tokenUuid: string | undefined;
  /** When the session or the token ends at the latest; undefined: a token without an end. */
  expiresAt: Date | undefined;
}

/** @throws OpsError FORBIDDEN naming the permission that is missing. */
export const authorize = (caller: Caller, permission: Permission): void => {
  if (caller.permissions.has(permission)) return;
  throw new OpsError('FORBIDDEN', `${caller.username} (${caller.role}) lacks the permission ${permission}. An administrator can grant it.`);
};

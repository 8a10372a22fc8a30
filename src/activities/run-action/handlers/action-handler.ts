import type { ActivityDeps } from '../../deps.ts';
import type { LogCategory, LogLevel, LogPhase } from '../../../contracts/enums.ts';
import type { ActionOutcome } from '../../../contracts/run.ts';
import type { Endpoint } from '../../../contracts/transport.ts';
import type { DefinedAction } from '../../../db/load-definition.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Lookup } from '../../../domain/template/value.ts';
import type { OutputSink, Session } from '../../../transports/transport.ts';
import type { BranchContext } from '../load-branch-context.ts';

/** One attempt of one action, as its handler sees it. */
export interface ActionRun {
  deps: ActivityDeps;
  action: DefinedAction;
  context: BranchContext;
  /** Values of what its texts refer to; `render` and `bind` use it. */
  lookup: Lookup;
  /** PREVIOUS_ACTION_… where a text of the action names one. */
  previous: Readonly<Record<string, unknown>>;
  /** `<action serial>/<iteration>/<attempt>`: marks what the attempt starts on the target. */
  marker: string;
  /** The same for every delivery of this action in this turn of the branch, and for no other of any installation: a key for servers that know such keys. */
  deliveryKey: string;
  attemptId: number;
  /** Aborts at the action's timeout, a cancel, and when the worker stops. */
  signal: AbortSignal;
  /** Output of the action: stored, masked, capped. */
  output: OutputSink;
  /** A line of the branch's log. */
  note(level: LogLevel, phase: LogPhase, category: LogCategory, message: string): void;
  /** The branch's connection over the method that can do this action; kept for its next actions. @throws OpsError METHOD_MISSING, CREDENTIAL_MISSING */
  connect(): Promise<Session>;
  /** A connection to what the action itself names, not a target's method; closed at the end of the attempt. */
  connectTo(endpoint: Endpoint): Promise<Session>;
}

/** What an action did. A failure that an author foresees (exit code, status) is an outcome, everything else is thrown. */
export interface ActionEnd {
  outcome: ActionOutcome;
  /** Why it failed, where the output does not say. */
  errorText: string;
}

/** @throws OpsError; Aborted or the reason of the signal when that has aborted */
export type ActionHandler = (run: ActionRun) => Promise<ActionEnd>;

/** A success; `exitCode` is the exit code or the HTTP status. */
export const completed = (exitCode: number | null = null): ActionEnd => ({
  outcome: { status: 'completed', exitCode, failureCategory: null, errorCode: null },
  errorText: '',
});

/** The session's member for a capability. @throws OpsError METHOD_UNSUPPORTED when the transport has none */
export const able = <Key extends 'run' | 'query' | 'request' | 'send' | 'oids' | 'files' | 'shell'>(
  session: Session,
  key: Key,
  action: DefinedAction,
): NonNullable<Session[Key]> => {
  const member = session[key];
  if (member === undefined)
    throw new OpsError(
      'METHOD_UNSUPPORTED',
      `Action ${action.order} (${action.name}) is of type ${action.type}, which this method cannot do.`,
    );
  return member;
};

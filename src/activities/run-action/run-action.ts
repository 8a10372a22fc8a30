import { Context } from '@temporalio/activity';
import type { ActionOutcome, RunActionInput } from '../../contracts/run.ts';
import { createDefinitionCache } from '../../db/load-definition.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { mayRetry } from '../../domain/failure.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { showNul } from '../../domain/output-lines.ts';
import { childSerial } from '../../domain/serials.ts';
import { variableText } from '../../domain/template/value.ts';
import type { ActivityDeps } from '../deps.ts';
import { endAttempt, startAttempt } from './attempt-record.ts';
import { keepTrying } from './keep-trying.ts';
import { loadValues } from './load-lookup.ts';
import type { ActionValues } from './load-lookup.ts';
import { loopValues } from './loop-values.ts';
import { loadBranchContext } from './load-branch-context.ts';
import type { BranchContext } from './load-branch-context.ts';
import { createConnections } from './connections.ts';
import { createContextCache } from './context-cache.ts';
import { describeAction } from './describe-action.ts';
import { HANDLERS } from './handlers/index.ts';
import type { ActionEnd } from './handlers/action-handler.ts';
import { ActionTimeout, outcomeOfError } from './outcome-of.ts';
import { openWriter } from './open-writer.ts';
import type { OutputWriter } from './output-writer.ts';
import type { SessionPool } from './session-pool.ts';

const HEARTBEAT_EVERY_MS = 5_000;
/** Of the run's UUID: other installations count alike. */
const KEY_CHARS = 13;

/** An attempt that was begun. */
interface Attempt {
  context: BranchContext;
  action: DefinedAction;
  values: ActionValues;
  attemptId: number;
}

export const createRunActionActivities = (deps: ActivityDeps, pool: SessionPool) => {
  const { db, notifyRun } = deps;
  const loadDefinition = createDefinitionCache(db);
  const contexts = createContextCache((branch) => loadBranchContext(deps, loadDefinition, branch));

  const contextInLoop = async (input: RunActionInput): Promise<BranchContext> => {
    const { cancellationSignal } = Context.current();
    const context = await keepTrying(() => contexts.take(contextKey(input.branch), input.branch), cancellationSignal);
    if (input.loop === undefined) return context;
    const values = Object.entries(await keepTrying(() => loopValues(db, input), cancellationSignal)).map(([name, value]) => [
      name,
      variableText(value),
    ]);
    return { ...context, variables: { ...context.variables, ...Object.fromEntries(values) } };
  };

  /** Begins the attempt's row, or tells why nothing may run. */
  const begin = async (input: RunActionInput, branchId: number, action: DefinedAction, commandExecuted: string) => {
    const { info, cancellationSignal } = Context.current();
    const facts = { commandExecuted, activityId: info.activityId, workerIdentity: deps.workerIdentity };
    let isRepeat = false;
    return keepTrying(() => {
      const begun = startAttempt(db, input, branchId, action, facts, isRepeat);
      isRepeat = true;
      return begun;
    }, cancellationSignal);
  };

  const runAttempt = async (input: RunActionInput, attempt: Attempt): Promise<ActionOutcome> => {
    const { context, action, attemptId } = attempt;
    const { cancellationSignal } = Context.current();
    const settings = await keepTrying(deps.readSettings, cancellationSignal);
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(new ActionTimeout()), action.timeoutSeconds * 1_000);
    const signal = AbortSignal.any([cancellationSignal, clock.signal]);
    const writer = openWriter(deps, { input, context, action, attemptId }, settings);
    let end: ActionEnd;
    try {
      end = await execute(input, attempt, writer, signal);
    } catch (error) {
      end = outcomeOfError(error, action, signal);
    } finally {
      clearTimeout(timer);
    }
    await finish(input, attempt, writer, end);
    return end.outcome;
  };

  const execute = async (
    input: RunActionInput,
    { context, action, attemptId, values }: Attempt,
    writer: OutputWriter,
    signal: AbortSignal,
  ): Promise<ActionEnd> => {
    const handler = HANDLERS[action.type];
    if (handler === undefined)
      throw new OpsError('METHOD_UNSUPPORTED', `This version of OpsConductor cannot run actions of type ${action.type}.`);
    const connections = createConnections(deps, pool, { branch: input.branch, context, action, writer, signal });
    let keep = false;
    try {
      const end = await handler({
        deps,
        action,
        context,
        ...values,
        marker: `${childSerial(input.branch, action.order)}/${input.iteration}/${input.attempt}`,
        deliveryKey: `${childSerial(input.branch, action.order)}/${input.iteration}/${context.executionUuid.slice(0, KEY_CHARS)}`,
        attemptId,
        signal,
        output: (stream, chunk) => writer.write(stream, chunk),
        note: writer.event,
        ...connections,
      });
      keep = input.keepSession && (input.keepSessionOnFailure || end.outcome.status === 'completed');
      return end;
    } finally {
      await connections.release(keep);
    }
  };

  const finish = async (
    input: RunActionInput,
    { context, action, attemptId }: Attempt,
    writer: OutputWriter,
    { outcome, errorText }: ActionEnd,
  ): Promise<void> => {
    const plain = showNul(errorText);
    const message = context.mask(plain);
    if (message !== '')
      writer.event(
        'error',
        'action_execution',
        outcome.failureCategory === 'authentication' ? 'authentication' : 'command_execution',
        message,
      );
    const output = await writer.end();
    const policy = {
      retryCount: action.retryCount ?? context.definition.retryCount,
      isRepeatable: action.config['delivery'] === 'at_least_once',
    };
    const isFinal = outcome.status !== 'failed' || !mayRetry(policy, input.attempt, outcome);
    const stderr = [output.stderr, message].filter((text) => text !== '').join(output.stderr.endsWith('\n') ? '' : '\n');
    const masked = output.masked || message !== plain;
    await keepTrying(() => endAttempt(db, attemptId, { ...output, stderr, masked, outcome, isFinal }), new AbortController().signal);
    notifyRun(context.executionSerial);
  };

  return {
    /**
     * One try of one action. Safe against a repeat (reset, late dispatch): the attempt's row lets one activity only begin; another finds its end,
     * or runs nothing. A program that ran and failed, a target that is away, a cancel: all are outcomes, written before they are told.
     */
    async runAction(input: RunActionInput): Promise<ActionOutcome> {
      const beat = setInterval(() => Context.current().heartbeat(), HEARTBEAT_EVERY_MS);
      try {
        return await runOrRefuse(input);
      } finally {
        clearInterval(beat);
        contexts.give(contextKey(input.branch), input.keepSession);
      }
    },
  };

  async function runOrRefuse(input: RunActionInput): Promise<ActionOutcome> {
    const { context, action } = await loadOrFail(input);
    const values = await keepTrying(() => loadValues(db, input, context, action), Context.current().cancellationSignal);
    const start = await begin(input, context.branchId, action, describeAction({ action, context, lookup: values.lookup }));
    if (start.state === 'ended') return start.outcome;
    if (start.state === 'begun') return runAttempt(input, { context, action, values, attemptId: start.attemptId });
    if (start.reason === 'branch_closed') return { status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null };
    throw new OpsError(
      'OUTCOME_UNKNOWN',
      'This attempt was begun before by a worker that did not tell its end. It was not run a second time; look at the target.',
    );
  }

  async function loadOrFail(input: RunActionInput): Promise<{ context: BranchContext; action: DefinedAction }> {
    const context = await contextInLoop(input);
    const action = context.definition.actions.find((candidate) => candidate.order === input.order);
    if (action === undefined) throw new OpsError('NOT_FOUND', `Action ${input.order} is not in the version that this run uses.`);
    return { context, action };
  }
};

/** A branch that is run again has a workflow of its own, and may find another target, login or method. */
const contextKey = (branch: string): string => Context.current().info.workflowExecution?.workflowId ?? branch;

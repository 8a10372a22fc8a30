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
import { loopValues } from './loop-values.ts';
import { loadBranchContext } from './load-branch-context.ts';
import type { BranchContext } from './load-branch-context.ts';
import { createConnections } from './connections.ts';
import { HANDLERS } from './handlers/index.ts';
import type { ActionEnd } from './handlers/action-handler.ts';
import { ActionTimeout, outcomeOfError } from './outcome-of.ts';
import { openWriter } from './open-writer.ts';
import type { OutputWriter } from './output-writer.ts';
import type { SessionPool } from './session-pool.ts';

const HEARTBEAT_EVERY_MS = 5_000;
const CONTEXTS_KEPT = 2_000;

export const createRunActionActivities = (deps: ActivityDeps, pool: SessionPool) => {
  const { db, notifyRun } = deps;
  const loadDefinition = createDefinitionCache(db);
  const contexts = new Map<string, Promise<BranchContext>>();

  const contextOf = (branch: string): Promise<BranchContext> => {
    const key = contextKey(branch);
    const loading = contexts.get(key) ?? loadBranchContext(deps, loadDefinition, branch);
    contexts.set(key, loading);
    loading.catch(() => contexts.delete(key));
    const oldest = contexts.keys().next().value;
    if (contexts.size > CONTEXTS_KEPT && oldest !== undefined) contexts.delete(oldest);
    return loading;
  };

  const contextInLoop = async (input: RunActionInput): Promise<BranchContext> => {
    const context = await contextOf(input.branch);
    if (input.loop === undefined) return context;
    const values = Object.entries(await loopValues(db, input)).map(([name, value]) => [name, variableText(value)]);
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

  const runAttempt = async (
    input: RunActionInput,
    context: BranchContext,
    action: DefinedAction,
    attemptId: number,
  ): Promise<ActionOutcome> => {
    const { cancellationSignal } = Context.current();
    const settings = await keepTrying(deps.readSettings, cancellationSignal);
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(new ActionTimeout()), action.timeoutSeconds * 1_000);
    const signal = AbortSignal.any([cancellationSignal, clock.signal]);
    const writer = openWriter(deps, { input, context, action, attemptId }, settings);
    let end: ActionEnd;
    try {
      end = await execute(input, context, action, attemptId, writer, signal);
    } catch (error) {
      end = outcomeOfError(error, action);
    } finally {
      clearTimeout(timer);
    }
    await finish(input, context, action, attemptId, writer, end);
    return end.outcome;
  };

  const execute = async (
    input: RunActionInput,
    context: BranchContext,
    action: DefinedAction,
    attemptId: number,
    writer: OutputWriter,
    signal: AbortSignal,
  ): Promise<ActionEnd> => {
    const handler = HANDLERS[action.type];
    if (handler === undefined)
      throw new OpsError('METHOD_UNSUPPORTED', `This version of OpsConductor cannot run actions of type ${action.type}.`);
    const values = await keepTrying(() => loadValues(db, input, context, action), signal);
    const connections = createConnections(deps, pool, { branch: input.branch, context, action, writer, signal });
    let keep = false;
    try {
      const end = await handler({
        deps,
        action,
        context,
        ...values,
        marker: `${childSerial(input.branch, action.order)}/${input.iteration}/${input.attempt}`,
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
    context: BranchContext,
    action: DefinedAction,
    attemptId: number,
    writer: OutputWriter,
    { outcome, errorText }: ActionEnd,
  ): Promise<void> => {
    const message = context.mask(showNul(errorText));
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
    await keepTrying(() => endAttempt(db, attemptId, { ...output, stderr, outcome, isFinal }), new AbortController().signal);
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
        // Secrets are kept in memory no longer than the branch needs them.
        if (!input.keepSession) contexts.delete(contextKey(input.branch));
      }
    },
  };

  async function runOrRefuse(input: RunActionInput): Promise<ActionOutcome> {
    const { context, action } = await loadOrFail(input);
    const start = await begin(input, context.branchId, action, context.mask(commandText(action)));
    if (start.state === 'ended') return start.outcome;
    if (start.state === 'begun') return runAttempt(input, context, action, start.attemptId);
    if (start.reason === 'branch_closed') return { status: 'cancelled', exitCode: null, failureCategory: null, errorCode: null };
    throw new OpsError(
      'OUTCOME_UNKNOWN',
      'This attempt was begun before by a worker that did not tell its end. It was not run a second time; look at the target.',
    );
  }

  async function loadOrFail(input: RunActionInput): Promise<{ context: BranchContext; action: DefinedAction }> {
    const context = await keepTrying(() => contextInLoop(input), Context.current().cancellationSignal);
    const action = context.definition.actions.find((candidate) => candidate.order === input.order);
    if (action === undefined) throw new OpsError('NOT_FOUND', `Action ${input.order} is not in the version that this run uses.`);
    return { context, action };
  }
};

/** A branch that is run again has a workflow of its own, and may find another target, login or method. */
const contextKey = (branch: string): string => Context.current().info.workflowExecution?.workflowId ?? branch;

const commandText = (action: DefinedAction): string => {
  const { command, scriptContent, query } = action.parameters;
  return [command, scriptContent, query].find((text) => typeof text === 'string') ?? '';
};

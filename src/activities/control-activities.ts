import type { ActionOutcome, ActionRef, Admission, Decision, EndControlInput, SkipActionInput } from '../contracts/run.ts';
import { createDefinitionCache } from '../db/load-definition.ts';
import type { DefinedAction } from '../db/load-definition.ts';
import { allHold, evaluateExpression } from '../domain/conditions.ts';
import { decisionProblem, turnsOf } from '../domain/decision-problem.ts';
import { OpsError } from '../domain/ops-error.ts';
import { incompatibility } from '../domain/target-compatibility.ts';
import { parentSerial } from '../domain/serials.ts';
import { variableText } from '../domain/template/value.ts';
import { answerApprovalRow, readApprovalRow } from './answer-approval.ts';
import { beginControlRow, endControlRow, readDecision, releaseApprovalHold, reopenControlRow, writeDecision } from './control-record.ts';
import type { MadeDecision } from './control-record.ts';
import { readValues } from './decide.ts';
import type { ActivityDeps } from './deps.ts';
import { loadBranchContext, readAdmission } from './run-action/load-branch-context.ts';
import type { BranchContext } from './run-action/load-branch-context.ts';
import { loadValues } from './run-action/load-lookup.ts';
import { loopValues } from './run-action/loop-values.ts';
import { render } from './run-action/render.ts';

const ITEMS_LIMIT = 1_048_576;

/** What the workflow of a branch needs for the actions that it runs itself: decisions, and their rows. Each may be repeated. */
export const createControlActivities = (deps: ActivityDeps) => {
  const { db, notifyRun } = deps;
  const loadDefinition = createDefinitionCache(db);
  const tell = (branch: string): void => notifyRun(parentSerial(branch) ?? branch);

  const contextOf = async (ref: ActionRef): Promise<{ context: BranchContext; action: DefinedAction }> => {
    const context = await loadBranchContext(deps, loadDefinition, ref.branch);
    return { context, action: actionOf(ref, context) };
  };

  const valuesFor = async (ref: ActionRef, context: BranchContext, text: string) =>
    readValues(db, context, await loopValues(db, ref), text);

  /** What an approval asks, with its values. @throws OpsError VARIABLE_MISSING */
  const messageOf = async (ref: ActionRef, action: DefinedAction, context: BranchContext): Promise<string | null> => {
    const { message } = action.parameters;
    if (typeof message !== 'string') return null;
    return context.mask(render(await loadValues(db, ref, context, action), message, 'plain'));
  };

  return {
    async skipAction({ reason, ...ref }: SkipActionInput): Promise<void> {
      await endControlRow(db, ref, { status: 'skipped', outcome: null, skipReason: reason, message: null });
    },

    /** Asks the conditions of an action; its row is written when it may not run. */
    async admitAction(ref: ActionRef): Promise<Admission> {
      try {
        const { refused, load } = await readAdmission(deps, loadDefinition, ref);
        if (refused !== undefined) return refused;
        const context = await load();
        const action = actionOf(ref, context);
        const message = incompatibility(action.config, context.osType);
        if (message !== undefined) {
          await endControlRow(db, ref, { status: 'skipped', outcome: null, skipReason: 'condition_false', message: `It is ${message}.` });
          return { may: 'skip' };
        }
        if (allHold(action.conditions, await valuesFor(ref, context, JSON.stringify(action.conditions)))) return { may: 'run' };
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        const outcome: ActionOutcome = { status: 'failed', exitCode: null, failureCategory: error.category, errorCode: error.code };
        await endControlRow(db, ref, { status: 'failed', outcome, skipReason: null, message: error.message });
        return { may: 'fail', outcome };
      }
      await endControlRow(db, ref, { status: 'skipped', outcome: null, skipReason: 'condition_false', message: null });
      return { may: 'skip' };
    },

    async beginControl(ref: ActionRef): Promise<void> {
      const { context, action } = await contextOf(ref);
      await beginControlRow(db, ref, action.type === 'approval' ? await messageOf(ref, action, context) : shownOf(action, context));
      tell(ref.branch);
    },

    /** A block that a person has gone on with: another row of it, with the list that a loop goes over. */
    async reopenControl({ from, ...ref }: ActionRef & { from: number }): Promise<void> {
      await reopenControlRow(db, ref, from);
      tell(ref.branch);
    },

    /**
     * Decides a condition, or one turn of a loop, and opens its row with that. Asked again it says the same, whatever has changed since.
     * @throws OpsError CONDITION_FAILED, LOOP_TOO_LONG
     */
    async decide({ round = 0, ...ref }: ActionRef & { round?: number }): Promise<Decision> {
      const { context, action } = await contextOf(ref);
      const shown = shownOf(action, context);
      try {
        const value = evaluateExpression(action, await valuesFor(ref, context, String(action.parameters['expression'])));
        const made = decisionOf(action, value, context);
        return (await writeDecision(db, ref, round, shown, made)) ?? made.decision;
      } catch (error) {
        if (!(error instanceof OpsError)) throw error;
        await beginControlRow(db, ref, shown);
        const standing = await readDecision(db, ref, round);
        if (standing !== undefined) return standing;
        throw error;
      }
    },

    async endControl({ outcome, message, ...ref }: EndControlInput): Promise<void> {
      await endControlRow(db, ref, { status: outcome.status, outcome, skipReason: null, message: message ?? null });
      if (outcome.status === 'cancelled') await releaseApprovalHold(db, ref.branch);
      tell(ref.branch);
    },

    answerApproval: answerApprovalRow(deps),
    readApproval: readApprovalRow(deps),
  };
};

const shownOf = ({ parameters: { expression } }: DefinedAction, { mask }: BranchContext): string | null =>
  typeof expression === 'string' ? mask(expression) : null;

const actionOf = ({ order: wanted }: ActionRef, { definition }: BranchContext): DefinedAction => {
  const action = definition.actions.find(({ order }) => order === wanted);
  if (action === undefined) throw new OpsError('NOT_FOUND', `Action ${wanted} is not in the version that this run uses.`);
  return action;
};

const decisionOf = (action: DefinedAction, value: unknown, context: BranchContext): MadeDecision => {
  const problem = decisionProblem(action.parameters['conditionType'], value);
  if (problem !== undefined) throw failed(action, problem);
  if (action.parameters['conditionType'] !== 'for') return { decision: choose(action, value, context), items: null };
  const items = itemsOf(action, value);
  const text = JSON.stringify(items);
  if (text.length > ITEMS_LIMIT || context.mask(text) !== text)
    throw failed(action, text.length > ITEMS_LIMIT ? 'gives a list of more than 1 MiB' : 'gives a list that holds a secret');
  return { decision: { slot: 'loop', rounds: items.length }, items: text };
};

const failed = ({ order, name }: DefinedAction, why: string): OpsError =>
  new OpsError('CONDITION_FAILED', `The expression of action ${order} (${name}) ${why}.`);

const choose = (action: DefinedAction, value: unknown, { definition }: BranchContext): Decision => {
  const { conditionType, cases } = action.parameters as { conditionType: string; cases?: Record<string, unknown> };
  const otherwise = definition.actions.some(({ parent, slot }) => parent === action.order && slot === 'else') ? 'else' : null;
  if (conditionType === 'switch') {
    const text = variableText(value);
    return cases !== undefined && Object.hasOwn(cases, text) ? { slot: 'case', value: text } : { slot: otherwise };
  }
  if (conditionType === 'while') return { slot: value === true ? 'loop' : null };
  return { slot: value === true ? 'then' : otherwise };
};

const itemsOf = (action: DefinedAction, value: unknown): unknown[] => {
  const max = Number(action.parameters['maxIterations']);
  const count = turnsOf(value) ?? 0;
  if (count > max)
    throw new OpsError('LOOP_TOO_LONG', `Action ${action.order} (${action.name}) would take ${count} turns; its maxIterations is ${max}.`);
  return Array.isArray(value) ? value : Array.from({ length: count }, (_, index) => index);
};

import type { FlatAction } from './flatten-actions.ts';
import { attemptsOf } from './failure.ts';
import type { FieldProblem } from './ops-error.ts';

/**
 * Temporal ends a workflow at 51,200 events. A branch goes on in a new history from 4,096 on, but not inside a parallel block: so much may come on top.
 */
const MOST_INSIDE = 40_000;
/** What is to be undone is handed on from history to history as one payload, of which Temporal takes 2 MiB; an entry has at most 26 bytes. */
const MOST_UNDONE = 20_000;

/** Events at most: with a workflow task of three to each, as no other event shares it. */
const LOCAL_ACTIVITY = 4;
const ACTIVITY = 6;
const TIMER = 5;
const UPDATE = 5;

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Events of the action itself, each time that the branch reaches it. */
const ownEvents = ({ action }: FlatAction, retryCount: number): number => {
  const { action_type: type } = action;
  const isAsked = action.conditions.length > 0 || action.dependencies.length > 0 || action.action_config.target_compatibility !== undefined;
  const admission = isAsked ? LOCAL_ACTIVITY : 0;
  const control = admission + 2 * LOCAL_ACTIVITY;
  if (type === 'condition' || type === 'parallel') return control;
  if (type === 'wait') return control + TIMER + UPDATE;
  if (type === 'approval') return control + TIMER + 2 * UPDATE;
  const policy = { retryCount: action.retry_count ?? retryCount, isRepeatable: action.action_config.delivery === 'at_least_once' };
  // Each attempt may be lost, closed by the workflow, and wait for the next; a person may skip the last one.
  return admission + attemptsOf(policy) * (ACTIVITY + LOCAL_ACTIVITY + TIMER) + LOCAL_ACTIVITY + UPDATE;
};

/** The most events that an action and those inside it add to the history of a branch, each time that the branch reaches it. */
export const eventsOf = (action: FlatAction, flat: readonly FlatAction[], retryCount: number): number => {
  const inside = flat.filter(({ parent, slot }) => parent === action && slot !== 'rollback');
  const { conditionType, maxIterations } = action.action.action_parameters;
  const eventsIn = (children: readonly FlatAction[]): number => sum(children.map((child) => eventsOf(child, flat, retryCount)));
  const own = ownEvents(action, retryCount);
  if (conditionType === 'while' || conditionType === 'for')
    return own + numberOf(maxIterations) * (LOCAL_ACTIVITY + eventsIn(inside)) + LOCAL_ACTIVITY;
  if (action.action.action_type === 'parallel') return own + eventsIn(inside);
  const ways = Map.groupBy(inside, ({ slot, caseValue }) => `${slot}/${caseValue}`);
  return own + Math.max(0, ...[...ways.values()].map(eventsIn));
};

const isInside = (action: FlatAction, type: string): boolean =>
  action.parent !== undefined && (action.parent.action.action_type === type || isInside(action.parent, type));

/** How often the branch may reach the action: the turns of the loops around it. */
const turnsAround = ({ parent }: FlatAction): number =>
  parent === undefined ? 1 : turnsAround(parent) * Math.max(1, numberOf(parent.action.action_parameters['maxIterations']));

const many = (number: number): string => number.toLocaleString('en-US');

/** What a job may do that Temporal could not keep: too much inside one parallel block, too much to undo. */
export const historyProblems = (flat: readonly FlatAction[], retryCount: number): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  for (const block of flat.filter((action) => action.action.action_type === 'parallel' && !isInside(action, 'parallel'))) {
    const events = eventsOf(block, flat, retryCount);
    if (events > MOST_INSIDE)
      problems.push({
        path: `${block.path}.action_parameters.actions`,
        message: `may add ${many(events)} events to the history of its branch, and ${many(MOST_INSIDE)} is the most for a parallel block: lower maxIterations or retry_count inside it, or put the block into the loop`,
      });
  }
  let undone = 0;
  for (const action of flat.filter(({ action: { rollback } }) => rollback.length > 0)) {
    undone += turnsAround(action);
    if (undone <= MOST_UNDONE) continue;
    const message = `may have to be done ${many(undone)} times with those before it, once for each turn of the loops around; ${many(MOST_UNDONE)} is the most: lower their maxIterations`;
    return [...problems, { path: `${action.path}.rollback`, message }];
  }
  return problems;
};

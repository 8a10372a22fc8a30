import type { PlanStep } from '../../contracts/plan.ts';
import { OpsError } from '../ops-error.ts';
import { incompatibility } from '../target-compatibility.ts';
import { variableText } from '../template/value.ts';
import { conditionText, foreseeConditions, foreseeExpression } from './foresee.ts';
import type { Foreseen } from './foresee.ts';
import type { PlanAction, PlanFacts } from './plan-action.ts';
import { stepTexts, writtenTexts } from './step-texts.ts';

interface Verdict {
  verdict: PlanStep['verdict'];
  reason: string | null;
}

interface Walk {
  facts: PlanFacts;
  byOrder: ReadonlyMap<number, PlanAction>;
  byKey: ReadonlyMap<string, PlanAction>;
  steps: Map<number, PlanStep>;
  decisions: Map<number, Foreseen<unknown>>;
  /** Lists of actions that surely end at an action. */
  ends: { list: string; by: number }[];
}

const RUNS: Verdict = { verdict: 'runs', reason: null };
const skipped = (reason: string): Verdict => ({ verdict: 'skipped', reason });
const decided = (reason: string): Verdict => ({ verdict: 'decided', reason });
const fails = (reason: string): Verdict => ({ verdict: 'fails', reason });

const listOf = ({ parent, slot }: Pick<PlanAction, 'parent' | 'slot'>): string => `${parent ?? ''}/${slot ?? ''}`;

const caseOf = (action: PlanAction, parent: PlanAction | undefined): string | null => {
  if (action.slot !== 'case') return null;
  const cases = Object.entries((parent?.parameters['cases'] ?? {}) as Record<string, string[]>);
  return cases.find(([, keys]) => keys.includes(action.key))?.[0] ?? null;
};

const isTaken = (action: PlanAction, parent: PlanAction, value: unknown): boolean => {
  if (parent.parameters['conditionType'] === 'switch') {
    const text = variableText(value);
    const isCase = Object.hasOwn(parent.parameters['cases'] ?? {}, text);
    return action.slot === 'case' ? caseOf(action, parent) === text : !isCase;
  }
  if (action.slot === 'loop') return Array.isArray(value) ? value.length > 0 : typeof value === 'number' ? value > 0 : value === true;
  return (value === true) === (action.slot === 'then');
};

const SHOWN = 60;

/** What the condition around an action says of it. */
const byDecision = (action: PlanAction, parent: PlanAction, { decisions }: Walk): Verdict => {
  const decision = decisions.get(parent.order);
  const expression = String(parent.parameters['expression']);
  if (decision?.kind !== 'known') return decided(`action ${parent.order}: ${expression}`);
  if (isTaken(action, parent, decision.value)) return RUNS;
  return skipped(`action ${parent.order}: ${expression} is ${variableText(decision.value).slice(0, SHOWN)}`);
};

const byPlace = (action: PlanAction, walk: Walk): Verdict => {
  const parent = action.parent === null ? undefined : walk.byOrder.get(action.parent);
  if (parent === undefined) return RUNS;
  const around = walk.steps.get(parent.order);
  if (around?.verdict === 'skipped') return skipped(`action ${parent.order} is skipped`);
  if (action.slot === 'rollback') return decided(`undoes action ${parent.order}, if that ran and a failure rolls back`);
  if (around?.verdict === 'fails') return skipped(`action ${parent.order} around it fails`);
  const own = parent.type === 'condition' ? byDecision(action, parent, walk) : RUNS;
  return own.verdict === 'runs' && around?.verdict === 'decided' ? decided(`with action ${parent.order}`) : own;
};

const ENDED = { success: 'has succeeded', failure: 'has failed', completed: 'has run', skipped: 'was skipped' } as const;

const byDependencies = ({ dependencies }: PlanAction, { byKey, steps }: Walk): Verdict => {
  const open: string[] = [];
  for (const { action_key: key, status } of dependencies) {
    const wanted = byKey.get(key);
    const isSkipped = wanted !== undefined && steps.get(wanted.order)?.verdict === 'skipped';
    if (isSkipped && status === 'skipped') continue;
    if (isSkipped) return skipped(`it needs that action ${wanted.order} ${ENDED[status]}, which is skipped`);
    open.push(`action ${wanted?.order} ${ENDED[status]}`);
  }
  return open.length === 0 ? RUNS : decided(`if ${open.join(' and ')}`);
};

const byKind = ({ config }: PlanAction, { facts: { values } }: Walk): Verdict => {
  const why = incompatibility(config, variableText(values['TARGET_OS'] ?? ''));
  return why === undefined ? RUNS : skipped(`it is ${why}`);
};

const byConditions = (action: PlanAction, { facts }: Walk): Verdict => {
  const foreseen = foreseeConditions(action, facts);
  if (foreseen.kind === 'error') return fails(foreseen.message);
  if (foreseen.kind === 'unknown') return decided(action.conditions.map(conditionText).join(' and '));
  return foreseen.value === undefined ? RUNS : skipped(foreseen.value);
};

const byEnds = (action: PlanAction, { ends }: Walk): Verdict => {
  const end = action.dependencies.length > 0 || action.slot === 'rollback' ? undefined : ends.find(({ list }) => list === listOf(action));
  return end === undefined ? RUNS : skipped(`action ${end.by} fails before it`);
};

/** Skipped outweighs what only the run decides; all that is open is told. */
const verdictOf = (action: PlanAction, walk: Walk): Verdict => {
  if (!action.isEnabled) return skipped('it is switched off');
  const all = [byPlace, byEnds, byKind, byDependencies, byConditions].map((judge) => judge(action, walk));
  const sure = all.find(({ verdict }) => verdict === 'skipped') ?? all.find(({ verdict }) => verdict === 'fails');
  if (sure !== undefined) return sure;
  const open = all.flatMap(({ reason }) => (reason === null ? [] : [reason]));
  return open.length === 0 ? RUNS : decided(open.join('; and '));
};

/** What becomes of an action that may be reached: its texts, or why it fails. */
const doing = (action: PlanAction, verdict: Verdict, { facts, decisions }: Walk): Verdict & Pick<PlanStep, 'method' | 'texts'> => {
  const route = facts.routeOf(action);
  if ('problem' in route) {
    const texts = writtenTexts(action);
    return verdict.verdict === 'skipped' ? { ...verdict, method: null, texts } : { ...fails(route.problem), method: null, texts };
  }
  const { method } = route;
  if (verdict.verdict === 'skipped') return { ...verdict, method, texts: writtenTexts(action) };
  const decision = decisions.get(action.order);
  if (decision?.kind === 'error') return { ...fails(decision.message), method, texts: writtenTexts(action) };
  try {
    return { ...verdict, method, texts: stepTexts(action, route.place, facts) };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return { ...fails(error.message), method, texts: writtenTexts(action) };
  }
};

const weaknessesOf = (texts: PlanStep['texts'], { facts }: Walk): string[] =>
  texts.flatMap(({ field, text }) => (field === 'connectionString' ? facts.weaknessesOf(text) : []));

/** An action that surely fails ends its list, and those around it, up to one whose failure is passed over. */
const noteEnds = (action: PlanAction, { byOrder, steps, ends }: Walk): void => {
  let at: PlanAction | undefined = action;
  while (at !== undefined && at.onFailure !== 'continue' && at.slot !== 'rollback') {
    const around: PlanAction | undefined = at.parent === null ? undefined : byOrder.get(at.parent);
    if (around !== undefined && steps.get(around.order)?.verdict !== 'runs') return;
    if (at.slot !== 'parallel') ends.push({ list: listOf(at), by: action.order });
    at = around;
  }
};

/** What each action of a job would do on one target, in the order of their numbers, as far as it is known before. */
export const planSteps = (actions: readonly PlanAction[], facts: PlanFacts): PlanStep[] => {
  const walk: Walk = {
    facts,
    byOrder: new Map(actions.map((action) => [action.order, action])),
    byKey: new Map(actions.map((action) => [action.key, action])),
    steps: new Map(),
    decisions: new Map(),
    ends: [],
  };
  for (const action of actions) {
    if (action.type === 'condition') walk.decisions.set(action.order, foreseeExpression(action, facts));
    const judged = verdictOf(action, walk);
    const { verdict, reason, method, texts } = doing(action, judged, walk);
    const { order, key, name, type, parent, slot } = action;
    const place = { parent, slot, case: caseOf(action, parent === null ? undefined : walk.byOrder.get(parent)) };
    walk.steps.set(order, {
      action_order: order,
      action_key: key,
      action_name: name,
      action_type: type,
      ...place,
      verdict,
      reason,
      method,
      texts,
      weaknesses: verdict === 'skipped' ? [] : weaknessesOf(texts, walk),
    });
    // One that is only perhaps reached ends nothing for sure.
    if (verdict === 'fails' && judged.verdict !== 'decided') noteEnds(action, walk);
  }
  return [...walk.steps.values()];
};

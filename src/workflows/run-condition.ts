import { ApplicationFailure } from '@temporalio/workflow';
import type { ActionFailure, Decision, FrameInside, PlannedControl } from '../contracts/run.ts';
import { bodyOf } from '../domain/branch-decisions.ts';
import { record } from './activities.ts';
import type { ControlRun } from './run-control.ts';

type Loop = Extract<PlannedControl, { maxIterations: number }>;
type Choice = Extract<PlannedControl, { type: 'if' } | { type: 'switch' }>;

/** Takes one way, or the same one again and again. @returns the failure inside that ended it @throws what says that nothing could be decided */
export const runCondition = (run: ControlRun, control: Loop | Choice): Promise<ActionFailure | undefined> =>
  'maxIterations' in control ? runLoop(run, control) : runChoice(run, control);

/** The frame of this action says where it is inside. */
const note = ({ place: { trail, depth }, action }: ControlRun, inside: FrameInside): void => {
  const frame = trail[depth];
  if (frame?.order !== action.order) return;
  frame.inside = inside;
  trail.length = depth + 1;
};

const runChoice = async (run: ControlRun, control: Choice): Promise<ActionFailure | undefined> => {
  const { state, action, ref, place, runList } = run;
  const { slot, value }: Decision = place.resume[0]?.inside ?? (await record.decide(ref));
  if (slot === null) return undefined;
  note(run, { iteration: ref.iteration, slot, ...(value !== undefined && { value }), round: 0 });
  const named = control.type === 'switch' && slot === 'case' ? control.cases[value ?? ''] : undefined;
  return runList(state, bodyOf(state.program.actions, action.order, slot, named), {
    trail: place.trail,
    depth: place.depth + 1,
    loop: place.loop,
    resume: place.resume.slice(1),
  });
};

const tooLong = (max: number): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'LOOP_TOO_LONG',
    nonRetryable: true,
    message: `The loop would go on after ${max} turns, which is its maxIterations. Raise it (up to 10000), or correct the expression.`,
  });

const runLoop = async (run: ControlRun, { type, maxIterations }: Loop): Promise<ActionFailure | undefined> => {
  const { state, action, ref, place, runList } = run;
  const resumed = place.resume[0]?.inside;
  const body = bodyOf(state.program.actions, action.order, 'loop');
  // A turn that was left between two of its actions; one that has not begun is decided first.
  const midway = place.resume.length > 1 ? resumed?.round : undefined;
  let rounds = resumed?.rounds;
  for (let round = resumed?.round ?? 0; ; round += 1) {
    const isResumed = round === midway;
    if (!isResumed && (type === 'while' || rounds === undefined)) {
      const decision: Decision = await record.decide({ ...ref, round });
      if (decision.slot === null) return undefined;
      rounds = decision.rounds;
    }
    if (rounds !== undefined && round >= rounds) return undefined;
    if (round >= maxIterations || (rounds ?? 0) > maxIterations) throw tooLong(maxIterations);
    const inside = { iteration: ref.iteration, slot: 'loop', ...(rounds !== undefined && { rounds }) } as const;
    note(run, { ...inside, round });
    const loop = type === 'for' ? { order: action.order, iteration: ref.iteration, index: round } : place.loop;
    const resume = isResumed ? place.resume.slice(1) : [];
    const failure = await runList(state, body, { trail: place.trail, depth: place.depth + 1, loop, resume });
    if (failure !== undefined) return failure;
    note(run, { ...inside, round: round + 1 });
  }
};

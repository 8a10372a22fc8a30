import type { Frame } from '../contracts/run.ts';

/** What of an action says where it stands. */
export interface PlacedAction {
  order: number;
  parent: number | null;
  slot: string | null;
}

/** From an action of the branch's own list to the innermost one. */
export type Path = readonly Frame[];

const settle = (frame: Frame, actions: readonly PlacedAction[]): Frame => {
  const { order, inside, isNoted } = frame;
  const lanes = inside?.lanes?.map((lane) => settledFrames(lane, actions));
  return {
    order,
    ...(inside !== undefined && { inside: { ...inside, ...(lanes !== undefined && { lanes }) } }),
    ...(isNoted && { isNoted }),
  };
};

/** The place of a branch without what ran because of a failure: the failure itself is the place. One that has ended is followed by the next number. */
export const settledFrames = (frames: readonly Frame[], actions: readonly PlacedAction[]): Frame[] => {
  const [first, ...rest] = frames;
  if (first === undefined) return [];
  if (first.failure?.at !== undefined) return settledFrames(first.failure.at, actions);
  if (first.isDone === true) return [{ order: Math.max(...ordersInside(first.order, actions)) + 1, isDone: true }];
  return [settle(first, actions), ...settledFrames(rest, actions)];
};

/** The same place behind actions at which it stood: a person says that they had succeeded. A lane of which nothing is left is taken away. */
export const framesBehind = (frames: readonly Frame[], done: ReadonlySet<number>, actions: readonly PlacedAction[]): Frame[] => {
  const last = frames.at(-1);
  if (last === undefined) return [];
  const before = frames.slice(0, -1);
  const { inside } = last;
  if (inside?.lanes !== undefined) {
    const lanes = inside.lanes.map((lane) => framesBehind(lane, done, actions)).filter(([first]) => first?.isDone !== true);
    return [...before, { ...last, inside: { ...inside, lanes } }];
  }
  if (inside !== undefined || !done.has(last.order)) return [...frames];
  return [...before, { order: Math.max(...ordersInside(last.order, actions)) + 1, isDone: true }];
};

/** Each way from the outermost frame to a place: one, or one for each lane that is left of a parallel block. */
export const pathsOf = (frames: readonly Frame[]): Path[] => {
  const last = frames.at(-1);
  const lanes = last?.inside?.lanes;
  if (lanes === undefined || lanes.length === 0) return frames.length === 0 ? [] : [frames];
  return lanes.flatMap((lane) => pathsOf(lane).map((path) => [...frames, ...path]));
};

/** The orders of an action and of all that is inside it. */
export const ordersInside = (order: number, actions: readonly PlacedAction[]): number[] => [
  order,
  ...actions.filter(({ parent }) => parent === order).flatMap((child) => ordersInside(child.order, actions)),
];

/** The orders of what a list inside of others comes to behind a place. Beside an action of a parallel block nothing comes behind it. */
export const ordersBehind = (path: Path, actions: readonly PlacedAction[]): number[] =>
  path.slice(1).flatMap(({ order }) => {
    const own = actions.find((action) => action.order === order);
    if (own === undefined || own.slot === 'parallel') return [];
    const behind = actions.filter(({ order: other, parent, slot }) => parent === own.parent && slot === own.slot && other > order);
    return behind.flatMap((action) => ordersInside(action.order, actions));
  });

/** The same place, its blocks under the iterations that they get when a branch is resumed. @param reached how often each action was reached so far */
export const reopenedFrames = (frames: readonly Frame[], reached: ReadonlyMap<number, number>): Frame[] =>
  frames.map((frame) => {
    const { inside } = frame;
    if (inside === undefined) return frame;
    const { from = inside.iteration, lanes } = inside;
    const iteration = (reached.get(frame.order) ?? 0) + 1;
    return {
      ...frame,
      inside: { ...inside, iteration, from, ...(lanes !== undefined && { lanes: lanes.map((lane) => reopenedFrames(lane, reached)) }) },
    };
  });

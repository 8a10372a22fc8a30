import type { ScheduleDefinition } from '../generated/schemas.ts';

/** Where a definition was made: a URL of its file, and the line of the call. */
export interface DefinitionPlace {
  file: string;
  line: number;
}

const places = new Map<object, DefinitionPlace>();

/** The line of a stack that says where: `at name (file:///schedules/nightly.ts:12:3)`. */
const FRAME = /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):\d+\)?$/;
/** This file, in src and in dist. */
const OWN = /schedules\/define-schedule\.[jt]s$/;

const placeOfCall = (stack: string): DefinitionPlace | undefined => {
  for (const frame of stack.split('\n').slice(1)) {
    const [, file, line] = FRAME.exec(frame) ?? [];
    if (file !== undefined && !OWN.test(file)) return { file, line: Number(line) };
  }
  return undefined;
};

/** Takes note of where the call stands, so that `schedules plan` can say it. @returns the definition itself; export it */
export const defineSchedule = (definition: ScheduleDefinition): ScheduleDefinition => {
  const place = placeOfCall(new Error('here').stack ?? '');
  // What is no object cannot be remembered; whoever reads the file says what is wrong with it.
  if (place !== undefined && typeof definition === 'object' && definition !== null) places.set(definition, place);
  return definition;
};

/** All definitions that were made in this process, with their places. */
export const definedSchedules = (): ReadonlyMap<object, DefinitionPlace> => places;

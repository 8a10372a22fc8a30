import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { definedSchedules } from '../../client/schedules/define-schedule.ts';

/** What a file of definitions gave. */
export interface LoadedModule {
  definitions: { file: string; line: number; json: string }[];
  problems: { file: string; line: number; message: string }[];
}

/** What authors import; they get what this thread looks at, from wherever they would have got it. */
const MODULE = 'opsconductor/schedules';

const messageOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n')[0] ?? '';

/** The first line of this file that a stack names. */
const lineIn = (error: unknown, file: string): number => {
  const stack = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : '';
  for (const place of [file, decodeURI(file.replace('file://', ''))]) {
    const at = stack.indexOf(`${place}:`);
    const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + place.length + 1))?.[0];
    if (line !== undefined) return Number(line);
  }
  return 1;
};

/** As data, or why it is none. */
const jsonOf = (definition: object): { json: string } | { message: string } => {
  let odd: string | undefined;
  try {
    const json = JSON.stringify(definition, (key, value: unknown) => {
      if (typeof value === 'function' || typeof value === 'symbol') odd ??= key;
      return value;
    });
    return odd === undefined ? { json } : { message: `${odd} is a function: a definition is plain data` };
  } catch (error) {
    return { message: `is no plain data (${messageOf(error)})` };
  }
};

const load = async (file: string): Promise<LoadedModule> => {
  const problems: LoadedModule['problems'] = [];
  const definitions: LoadedModule['definitions'] = [];
  const refuse = (line: number, message: string): void => void problems.push({ file, line, message });
  let exported: Record<string, unknown>;
  try {
    exported = (await import(file)) as Record<string, unknown>;
  } catch (error) {
    refuse(lineIn(error, file), `cannot be loaded: ${messageOf(error)}`);
    return { definitions, problems };
  }
  const places = definedSchedules();
  const taken = new Set<object>();
  const take = (value: unknown, what: string, isMeant: boolean): void => {
    const place = typeof value === 'object' && value !== null ? places.get(value) : undefined;
    if (place === undefined || typeof value !== 'object' || value === null) {
      if (isMeant) refuse(1, `${what} is not made by defineSchedule`);
    } else if (!taken.has(value)) {
      taken.add(value);
      const result = jsonOf(value);
      if ('json' in result) definitions.push({ ...place, ...result });
      else problems.push({ ...place, ...result });
    }
  };
  for (const [name, value] of Object.entries(exported)) {
    const list = Array.isArray(value) ? (value as unknown[]) : undefined;
    // A file without any export has an empty object, as its default.
    if (name === 'default' && typeof value === 'object' && value !== null && Object.keys(value).length === 0 && list === undefined)
      continue;
    const isMeant = name === 'default' || (list?.some((one) => typeof one === 'object' && one !== null && places.has(one)) ?? false);
    if (list === undefined) take(value, 'its default export', isMeant);
    else for (const [index, one] of list.entries()) take(one, `${name}[${index}]`, isMeant);
  }
  for (const [definition, place] of places)
    if (!taken.has(definition) && place.file === file) problems.push({ ...place, message: 'is not exported: it would be left out' });
  if (definitions.length === 0 && problems.length === 0) refuse(1, 'defines nothing: export what defineSchedule returns');
  return { definitions, problems };
};

const task: unknown = workerData;

// The thread of `readModule`: whoever else imports this has no such task.
if (typeof task === 'object' && task !== null && 'definitions' in task && typeof task.definitions === 'string') {
  const own = new URL('../../client/schedules/index.ts', import.meta.url).href;
  registerHooks({
    resolve: (specifier, context, next) => (specifier === MODULE ? { url: own, shortCircuit: true } : next(specifier, context)),
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
  parentPort?.postMessage(await load(task.definitions));
}

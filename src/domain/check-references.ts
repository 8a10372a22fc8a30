import { actionTexts } from './action-texts.ts';
import type { ActionText } from './action-texts.ts';
import type { FlatAction } from './flatten-actions.ts';
import type { FieldProblem } from './ops-error.ts';
import { BRANCH_VARIABLES, LOOP_VARIABLES, PREVIOUS_VARIABLES, SO_FAR_VARIABLES } from './system-variables.ts';
import { parseTemplate, referencesOf } from './template/parse-template.ts';
import type { ReferencePart } from './template/parse-template.ts';

const KNOWN: ReadonlySet<string> = new Set([...BRANCH_VARIABLES, ...PREVIOUS_VARIABLES, ...SO_FAR_VARIABLES]);
const RESERVED: ReadonlySet<string> = new Set([...KNOWN, ...LOOP_VARIABLES]);
const LOOPS: ReadonlySet<string> = new Set(LOOP_VARIABLES);

interface Scope {
  flat: ReadonlyMap<string, FlatAction>;
  declared: ReadonlySet<string>;
}

/** The action and those around it, the outermost first. */
const lineOf = (action: FlatAction): FlatAction[] => [...(action.parent === undefined ? [] : lineOf(action.parent)), action];

const isInLoop = (action: FlatAction): boolean =>
  lineOf(action).some(({ slot, parent }) => slot === 'loop' && parent?.action.action_parameters['conditionType'] === 'for');

/** Inside the same parallel block, in two of its actions. */
const isBeside = (one: FlatAction, other: FlatAction): boolean => {
  const [line, others] = [lineOf(one), lineOf(other)];
  const fork = line.findIndex((action, depth) => action !== others[depth]);
  return fork > 0 && line[fork]?.slot === 'parallel' && others[fork]?.slot === 'parallel';
};

const isDownload = ({ action }: FlatAction): boolean =>
  action.action_type === 'file_transfer' && action.action_parameters['operation'] === 'download';

const actionProblem = (from: FlatAction, key: string, { flat }: Scope, field?: string): string | undefined => {
  const wanted = flat.get(key);
  if (wanted === undefined) return `there is no action with the key "${key}"`;
  if (wanted === from) return 'an action cannot use its own result';
  if (field === 'artifact' && !isDownload(wanted)) return `"${key}" is no file_transfer that downloads a file, so it has no artifact`;
  if (lineOf(from).includes(wanted)) return `"${key}" is around this action and has not ended when it runs`;
  if (wanted.order > from.order) return `"${key}" comes later, so it has no result yet; move it before this action`;
  return isBeside(from, wanted) ? `"${key}" runs at the same time, so it may have no result yet` : undefined;
};

const variableProblem = (from: FlatAction, name: string, { declared }: Scope): string | undefined => {
  if (declared.has(name) || KNOWN.has(name)) return undefined;
  if (!LOOPS.has(name)) return `there is no variable ${name}; declare it in variables`;
  return isInLoop(from) ? undefined : `${name} is there only inside a loop over a list`;
};

const paramProblem = ({ action }: FlatAction, name: string): string | undefined => {
  const { parameters } = action.action_parameters;
  if (action.action_type !== 'database') return 'only actions of type database have params';
  return typeof parameters === 'object' && parameters !== null && Object.hasOwn(parameters, name)
    ? undefined
    : `there is no "${name}" in the parameters of this action`;
};

const referenceProblem = (from: FlatAction, { reference, source }: ReferencePart, isShell: boolean, scope: Scope): string | undefined => {
  if (reference.kind === 'action') return actionProblem(from, reference.key, scope, reference.field);
  if (reference.kind === 'param') return paramProblem(from, reference.name);
  const problem = variableProblem(from, reference.name, scope);
  const literal = isShell
    ? `write $${source} or $${reference.name} where the shell's own is meant`
    : `write $${source} for the text itself`;
  return problem === undefined ? undefined : `${problem}, or ${literal}`;
};

const textProblems = (from: FlatAction, { path, text, isShell }: ActionText, scope: Scope): FieldProblem[] => {
  const template = parseTemplate(text);
  const messages = [
    ...template.problems.map(({ source, message }) => `${source} ${message}`),
    ...referencesOf(template).flatMap((part) => {
      const problem = referenceProblem(from, part, isShell, scope);
      return problem === undefined ? [] : [`${part.source}: ${problem}`];
    }),
    ...(isShell
      ? []
      : template.leftAlone.map((source) => `${source} is no reference (names are upper case); write $${source} for the text itself`)),
  ];
  return messages.map((message) => ({ path: `${from.path}.${path}`, message }));
};

/** A name in the text of an expression, outside of its strings. */
const NAMED_RESULT = /\bactions\.([a-z][a-z0-9_]*)(?:\.(artifact)\b)?/g;
const STRINGS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g;

const expressionProblems = (from: FlatAction, scope: Scope): FieldProblem[] => {
  const { expression } = from.action.action_parameters;
  if (from.action.action_type !== 'condition' || typeof expression !== 'string') return [];
  const bare = expression.replaceAll(STRINGS, '""');
  const path = `${from.path}.action_parameters.expression`;
  const loopNames = LOOP_VARIABLES.filter((name) => new RegExp(`\\b${name}\\b`).test(bare)).flatMap(
    (name) => variableProblem(from, name, scope) ?? [],
  );
  const results = [...bare.matchAll(NAMED_RESULT)].flatMap(([source, key = '', field]) => {
    // A loop that goes on by what its own actions gave asks after them.
    const isOwn = scope.flat.get(key) !== undefined && lineOf(scope.flat.get(key) ?? from).includes(from) && key !== from.key;
    const problem = isOwn ? undefined : actionProblem(from, key, scope, field);
    return problem === undefined ? [] : [`${source}: ${problem}`];
  });
  return [...loopNames, ...results].map((message) => ({ path, message }));
};

const conditionProblems = (from: FlatAction, scope: Scope): FieldProblem[] =>
  from.action.conditions.flatMap(({ variable, value }, index) => {
    const message = variableProblem(from, variable, scope);
    const problem = message === undefined ? [] : [{ path: `${from.path}.conditions.${index}.variable`, message }];
    if (typeof value !== 'string') return problem;
    return [...problem, ...textProblems(from, { path: `conditions.${index}.value`, text: value, isShell: false }, scope)];
  });

const AFTER_NAME = /\b(?:password|passwd|pwd)\s*=\s*([^;&\s]*)/i;

/** Where a password stands: in a URL `//user:password@`, and after `password=`. */
const PASSWORDS = {
  connectionString: [/:\/\/[^:@/]*:(.*)@/s, AFTER_NAME],
  url: [/:\/\/[^:@/?#]*:([^/?#]*)@/, AFTER_NAME],
};

const isLiteral = (password: string | undefined): boolean =>
  password !== undefined && parseTemplate(password).parts.some((part) => part.kind === 'text');

const passwordProblems = ({ action: { action_parameters: parameters }, path }: FlatAction): FieldProblem[] =>
  Object.entries(PASSWORDS).flatMap(([field, patterns]) => {
    const text = parameters[field];
    const passwords = patterns.map((pattern) => pattern.exec(typeof text === 'string' ? text : '')?.[1]);
    if (!passwords.some(isLiteral)) return [];
    const message = 'holds a password; declare a variable with is_secret and write ${NAME} in its place';
    return [{ path: `${path}.action_parameters.${field}`, message }];
  });

const OF_BRANCH: ReadonlySet<string> = new Set(BRANCH_VARIABLES);

/** The environment of every program of a job: there are its variables, and what is known of the run and the target. */
const environmentProblems = (environment: Readonly<Record<string, string>>, declared: ReadonlySet<string>): FieldProblem[] =>
  Object.entries(environment).flatMap(([name, text]) => {
    const template = parseTemplate(text);
    const unknown = referencesOf(template).filter(
      ({ reference }) => reference.kind !== 'variable' || !(declared.has(reference.name) || OF_BRANCH.has(reference.name)),
    );
    const messages = [
      ...template.problems.map(({ source, message }) => `${source} ${message}`),
      ...unknown.map(({ source }) => `${source}: here are only the variables of the job, and what is known of the run and the target`),
      ...template.leftAlone.map((source) => `${source} is no reference (names are upper case); write $${source} for the text itself`),
    ];
    return messages.map((message) => ({ path: `settings.environment.${name}`, message }));
  });

/**
 * What is wrong with the references of the actions of a job: variables that are not declared, results that cannot be there, passwords that are no
 * references.
 */
export const referenceProblems = (
  actions: readonly FlatAction[],
  keys: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): FieldProblem[] => {
  const scope: Scope = { flat: new Map(actions.map((action) => [action.key, action])), declared: new Set(keys) };
  const reserved = keys.flatMap((key, index) =>
    RESERVED.has(key) ? [{ path: `variables.${index}.key`, message: `${key} is set by OpsConductor; choose another name` }] : [],
  );
  const inActions = actions.flatMap((action) => {
    const { action_type: type, action_parameters: parameters, action_config: config } = action.action;
    return [
      ...actionTexts(type, parameters, config).flatMap((text) => textProblems(action, text, scope)),
      ...expressionProblems(action, scope),
      ...conditionProblems(action, scope),
      ...passwordProblems(action),
    ];
  });
  return [...reserved, ...environmentProblems(environment, scope.declared), ...inActions];
};

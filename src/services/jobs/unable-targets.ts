import { ACTION_NEEDS, canServe, METHODS } from '../../contracts/capabilities.ts';
import { CommunicationMethodType } from '../../contracts/enums.ts';
import type { ActionType } from '../../contracts/enums.ts';
import { incompatibility } from '../../domain/target-compatibility.ts';
import { exitCodeProblem, unfitness } from './unfit.ts';
import type { Reach, WantedAction } from './unfit.ts';
import type { TargetProfile } from './target-profiles.ts';

/** An action, and whether it is decided at run time that it runs: a target of another kind may well be passed over. */
export interface CheckedAction extends WantedAction {
  isConditional: boolean;
}

/** Why targets cannot do an action. */
export interface Unable {
  /** In the action; empty: the action itself. */
  field: string;
  /** With the targets. */
  message: string;
  isMissing: boolean;
}

/** Runs from the worker: what it talks to is in the action itself. */
export const namesItsServer = (type: ActionType, { url, connectionString }: Readonly<Record<string, unknown>>): boolean =>
  (type === 'api' && typeof url === 'string' && !url.startsWith('/')) || typeof connectionString === 'string';

const methodsFor = ({ type, config: { method } }: WantedAction): CommunicationMethodType[] =>
  CommunicationMethodType.options.filter((candidate) => (method === undefined ? canServe(candidate, type) : candidate === method));

const targetsText = (profiles: readonly TargetProfile[]): string => {
  const serials = profiles
    .flatMap((profile) => profile.serials)
    .toSorted()
    .slice(0, 5);
  const count = profiles.reduce((sum, profile) => sum + profile.count, 0);
  return `${serials.join(', ')}${count > serials.length ? ` and ${count - serials.length} more` : ''}`;
};

const reachOf = (action: WantedAction, { methods, os_type: osType }: TargetProfile): Reach | undefined => {
  const wanted = methodsFor(action);
  const method = methods.find(({ type }) => wanted.includes(type));
  return method && { methodType: method.type, config: method.shell === null ? {} : { shell: method.shell }, osType };
};

/** Exit codes that not one of the targets can give. */
const exitCodesOn = (action: WantedAction, reaches: readonly (Reach | undefined)[], profiles: readonly TargetProfile[]): Unable[] => {
  const problems = reaches.map((reach) => reach && exitCodeProblem(action, reach));
  const [problem] = problems;
  if (problem === undefined || problems.includes(undefined)) return [];
  return [{ field: problem.field, message: `${problem.message} (${targetsText(profiles)})`, isMissing: false }];
};

/** What of an action some of these targets cannot do; of one that is decided at run time, what none of them can. */
export const unableTargets = (action: CheckedAction, profiles: readonly TargetProfile[]): Unable[] => {
  const { type, parameters, isConditional } = action;
  if (ACTION_NEEDS[type].length === 0 || namesItsServer(type, parameters)) return [];
  const meant = profiles.filter(({ os_type: osType }) => incompatibility(action.config, osType) === undefined);
  const reaches = meant.map((profile) => reachOf(action, profile));
  const judged = meant.map((profile, index) => {
    const reach = reaches[index];
    return { profile, problems: reach === undefined ? ('missing' as const) : unfitness(action, reach) };
  });
  const exitCodes = exitCodesOn(action, reaches, meant);
  if (isConditional && judged.some(({ problems }) => problems !== 'missing' && problems.length === 0)) return exitCodes;
  const missing = judged.flatMap(({ profile, problems }) => (problems === 'missing' ? [profile] : []));
  const unfit = judged.flatMap(({ profile, problems }) =>
    problems === 'missing' ? [] : problems.map((problem) => ({ profile, ...problem })),
  );
  const byProblem = Map.groupBy(unfit, ({ field, message }) => `${field} ${message}`);
  return [
    ...(missing.length === 0 ? [] : [{ field: '', message: missingText(action, missing), isMissing: true }]),
    ...Array.from(byProblem.values(), (all) => ({
      field: all[0]?.field ?? '',
      message: `${all[0]?.message} (${targetsText(all.map(({ profile }) => profile))})`,
      isMissing: false,
    })),
    ...exitCodes,
  ];
};

const missingText = (action: WantedAction, profiles: readonly TargetProfile[]): string => {
  const labels = methodsFor(action).map((method) => METHODS[method].label);
  const isOne = profiles.length === 1 && profiles[0]?.count === 1;
  return `an action of type ${action.type} needs ${labels.join(', ')}, of which ${targetsText(profiles)} ${isOne ? 'has' : 'have'} no active method`;
};

/** How many turns a loop takes over what its expression gave: a list, or a number of turns; undefined when it is neither. */
export const turnsOf = (value: unknown): number | undefined => {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
};

/** Why nothing can be decided by what an expression gave, as the rest of a sentence; undefined when it can. */
export const decisionProblem = (conditionType: unknown, value: unknown): string | undefined => {
  if (conditionType === 'switch') return undefined;
  if (conditionType === 'for') return turnsOf(value) === undefined ? 'gives neither a list nor a number of turns' : undefined;
  if (typeof value === 'boolean') return undefined;
  return `gives ${typeof value === 'object' ? 'a list or a map' : `a ${typeof value}`}, not true or false`;
};

import type { BoundText } from '../../contracts/transport.ts';

/** The statement with a placeholder where each value stands; `placeholder` gets the number of the value, from 1. */
export const joinPlaceholders = ({ segments }: BoundText, placeholder: (number: number) => string): string =>
  segments.map((segment, index) => (index === 0 ? segment : `${placeholder(index)}${segment}`)).join('');

/** The call of a procedure in parentheses: `name` becomes `name()`, `name(…)` stays. */
export const procedureCall = (text: string): string => {
  const call = text.trim().replace(/;$/, '').trimEnd();
  return call.endsWith(')') ? call : `${call}()`;
};

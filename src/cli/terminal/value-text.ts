import { cleanText } from './clean-text.ts';

const SHOWN = 400;

/** A value of a definition on one line, cut when it is long. */
export const valueText = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return cleanText(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
};

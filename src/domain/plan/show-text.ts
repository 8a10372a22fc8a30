import { parseTemplate, referencesOf } from '../template/parse-template.ts';
import type { Reference } from '../template/parse-template.ts';
import { renderTemplate } from '../template/render-template.ts';
import type { Lookup, Place } from '../template/value.ts';
import { OpsError } from '../ops-error.ts';

const MASK = '********';

/** What a plan knows of values. */
export interface PlanValues {
  lookup: Lookup;
  /** It has a value, which is shown to nobody. */
  isSecret: (reference: Reference) => boolean;
  /** It gets its value while the job runs. */
  isLater: (reference: Reference) => boolean;
}

/** A word that is nowhere in the text, and that every place takes as it is. */
const markFor = (text: string): string => {
  let mark = 'xref';
  while (text.includes(mark)) mark += 'x';
  return mark;
};

/**
 * A text as its action would have it. Secrets are masked; what is known only while the job runs stands as it is written, in the quotes that its
 * value would get.
 * @throws OpsError VARIABLE_MISSING, VALIDATION: as the action itself would fail
 */
export const showText = (text: string, place: Place, { lookup, isSecret, isLater }: PlanValues): string => {
  const template = parseTemplate(text);
  const mark = markFor(text);
  const stands = new Map<string, string>();
  const standIn = (shown: string): string => {
    const word = `${mark}${stands.size}z`;
    stands.set(word, shown);
    return word;
  };
  const sources = new Map(referencesOf(template).map((part) => [part.reference, part.source]));
  const shownLookup: Lookup = (reference) => {
    if (isSecret(reference)) return standIn(MASK);
    return isLater(reference) ? standIn(sources.get(reference) ?? '') : lookup(reference);
  };
  try {
    return fill(renderTemplate(template, place, shownLookup), stands);
  } catch (error) {
    // What stands in for a value may not fit where the value itself would.
    if (stands.size > 0 && error instanceof OpsError && error.code === 'VALIDATION') return text;
    throw error;
  }
};

const fill = (text: string, stands: ReadonlyMap<string, string>): string => {
  let filled = text;
  for (const [word, shown] of stands) filled = filled.replaceAll(word, () => shown);
  return filled;
};

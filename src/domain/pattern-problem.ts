const isRegularExpression = (text: string): boolean => {
  try {
    return RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
};

/** What says nothing about repetition: escapes, and classes in brackets. */
const OPAQUE = /\\.|\[(?:\\.|[^\]\\])*\]/gs;
const REPEATS = /^(?:[*+]|\{\d+,\d*\})/;

/** Is a group repeated that repeats something itself, as in `(a+)+`? */
const nestsRepetition = (pattern: string): boolean => {
  const text = pattern.replaceAll(OPAQUE, 'x');
  const groups = [false];
  for (let at = 0; at < text.length; at += 1) {
    const repeats = REPEATS.test(text.slice(at + 1));
    let isInside = false;
    if (text[at] === '(') groups.push(false);
    else if (text[at] === ')') {
      isInside = groups.pop() ?? false;
      if (isInside && repeats) return true;
    }
    const last = groups.length - 1;
    if (text[at] !== '(' && (repeats || isInside)) groups[last] = true;
  }
  return false;
};

/** Why a pattern is no regular expression to ask a text of a target with; undefined: it is one. */
export const patternProblem = (pattern: string): string | undefined => {
  if (!isRegularExpression(pattern)) return 'is not a regular expression';
  return nestsRepetition(pattern)
    ? 'repeats a group that repeats something itself, as (a+)+ does; that may take for ever. Repeat only one of them'
    : undefined;
};

import { HOLE } from './holes.ts';
import { DOUBLE, powershellPositions, SINGLE } from './powershell-positions.ts';
import type { Filling } from './render-posix.ts';
import { refuse } from './value.ts';

const SINGLES = new RegExp(`[${SINGLE}]`, 'g');
const SPECIAL_IN_DOUBLE = new RegExp(`[\`$${DOUBLE}]`, 'g');

/**
 * The text of each reference for PowerShell: doubled quotes inside single ones, backticks inside double ones, outside a quoted word.
 * @throws OpsError VALIDATION where no text is safe
 */
export const renderPowershell = (scanned: string, fillings: readonly Filling[]): string[] => {
  const positions = powershellPositions(scanned);
  return fillings.map(({ source, value }, index) => {
    const position = positions[index] ?? { kind: 'refused', why: 'its place is not known' };
    if (value.includes('\0')) throw refuse(source, 'it holds a NUL byte');
    if (position.kind === 'refused') throw refuse(source, `${position.why}. Or take it from the environment: $env:NAME`);
    if (position.kind === 'comment') return value.replaceAll(/[\r\n]/g, ' ');
    if (position.kind === 'double') return value.replaceAll(SPECIAL_IN_DOUBLE, '`$&');
    const doubled = value.replaceAll(SINGLES, '$&$&');
    return position.kind === 'word' ? `'${doubled}'` : doubled;
  });
};

/** Means the same to cmd.exe inside quotes and outside. */
const INERT = /^[A-Za-z0-9_.:/\\-]*$/;
/** cmd.exe has no escape for these inside quotes; `\` before the closing quote would be read as its escape by programs. */
const UNSAFE_IN_QUOTES = /[\p{Cc}"%!]|\\$/u;

interface CmdPlace {
  isQuoted: boolean;
  isUnclear: boolean;
}

/** A `^` at the end of a line makes one of it and the next, whose first character it escapes. */
const cmdPlaces = (scanned: string): CmdPlace[] => {
  const places: CmdPlace[] = [];
  let isQuoted = false;
  let isUnclear = false;
  let isEscaped = false;
  for (const char of scanned.replaceAll('\r', '')) {
    if (char === '\n') {
      isQuoted = false;
      isUnclear &&= isEscaped;
      continue;
    }
    if (char === HOLE) places.push({ isQuoted, isUnclear: isUnclear || isEscaped });
    // What %…% and !…! bring along may hold quotes.
    isUnclear ||= char === '%' || char === '!';
    if (char === '"' && !isEscaped) isQuoted = !isQuoted;
    isEscaped = char === '^' && !isQuoted && !isEscaped;
  }
  return places;
};

/**
 * The text of each reference for cmd.exe: as it is inside double quotes, outside in quotes of its own. A value that cmd.exe could not be given
 * unharmed (quotes, %, !, line breaks, a last \) is refused.
 * @throws OpsError VALIDATION where no text is safe
 */
export const renderCmd = (scanned: string, fillings: readonly Filling[]): string[] => {
  const places = cmdPlaces(scanned);
  return fillings.map(({ source, value }, index) => {
    const place = places[index];
    if (place === undefined || place.isUnclear) {
      if (!INERT.test(value))
        throw refuse(source, '%, ! or ^ stands before it on the line, and it is not only letters, digits and . _ : / \\ -');
      return value;
    }
    if (UNSAFE_IN_QUOTES.test(value)) {
      const why =
        'it holds " % ! or a control character, or ends in \\, which cmd.exe cannot take. Set the shell of the method to powershell, or read it from the environment as !NAME! behind a line setlocal EnableDelayedExpansion (never as %NAME%)';
      throw refuse(source, why);
    }
    return place.isQuoted ? value : `"${value}"`;
  });
};

import { HOLE } from './holes.ts';
import { fillBody, isDelimiter, isMangled } from './posix-here.ts';
import { posixPositions } from './posix-positions.ts';
import type { HereBody, PosixPosition } from './posix-scan.ts';
import { refuse } from './value.ts';

/** A text for each hole, and how its reference was written. */
export interface Filling {
  source: string;
  value: string;
}

const closeQuote = (value: string): string => value.replaceAll("'", "'\\''");

const requireOneLine = ({ source, value }: Filling): void => {
  if (value.includes('\n')) throw refuse(source, 'it has more than one line, and a here-document begins on the line where it stands');
};

const bodyText = (body: HereBody, { source, value }: Filling): string => {
  if (body.stripsTabs && value.includes('\t')) throw refuse(source, 'it holds a tab, which <<- would take away; use << instead');
  return body.isLiteral ? value : value.replaceAll(/[\\$`]/g, '\\$&');
};

const renderAt = (position: PosixPosition, filling: Filling): string => {
  const { source, value } = filling;
  if (value.includes('\0')) throw refuse(source, 'it holds a NUL byte, which no shell can take');
  if (position.kind === 'refused') throw refuse(source, `${position.why}. Take it from the environment instead, as "$NAME"`);
  if (position.kind === 'comment') return value.replaceAll(/[\r\n]/g, ' ');
  if (position.kind === 'document') return bodyText(position.body, filling);
  if (position.kind === 'integer') {
    if (!/^-?\d{1,18}$/.test(value)) throw refuse(source, 'it stands where the shell calculates, and it is no whole number');
    return value;
  }
  if (position.isOneLine) requireOneLine(filling);
  const quoted = `'${closeQuote(value)}'`;
  // Inside double quotes these are closed and opened again: a backslash would not hold in every character set.
  return { word: quoted, single: closeQuote(value), double: `"${quoted}"` }[position.kind];
};

const checkBodies = (positions: readonly PosixPosition[], fillings: readonly Filling[], texts: readonly string[]): void => {
  positions.forEach((position, index) => {
    if (position.kind !== 'document') return;
    const { body } = position;
    const lines = fillBody(body.text, texts.slice(body.firstHole)).split('\n');
    // What follows the last line break is what the end line itself follows: it is empty.
    if (body.text.endsWith('\n')) lines.pop();
    if (lines.some((line) => isDelimiter(line, body)))
      throw refuse(fillings[index]?.source ?? '', `it makes a line ${body.delimiter}, which would end the here-document`);
    if (lines.some((line) => isMangled(line, body)))
      throw refuse(
        fillings[index]?.source ?? '',
        `it makes a line that begins as ${body.delimiter} does and goes on with a character beyond ASCII, which some shells damage; choose another end word`,
      );
  });
};

/**
 * The text of each reference for a POSIX shell. `scanned` has a HOLE for each: inside quotes the value is closed off for these quotes,
 * outside it is one word.
 * @throws OpsError VALIDATION where no text is safe
 */
export const renderPosix = (scanned: string, fillings: readonly Filling[]): string[] => {
  const positions = posixPositions(scanned);
  const texts = fillings.map((filling, index) => renderAt(positions[index] ?? { kind: 'refused', why: `it stands at ${HOLE}` }, filling));
  checkBodies(positions, fillings, texts);
  return texts;
};

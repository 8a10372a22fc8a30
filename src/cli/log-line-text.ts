import type { LogLine } from '../client/index.ts';
import { cleanText, lastOverwrite } from './terminal/clean-text.ts';
import type { Paint } from './terminal/paint.ts';

export interface LogLineStyle {
  /** Lines of several targets come together: each begins with its target's name. */
  hasSeveral: boolean;
  /** Control sequences of targets must not reach a terminal; a file gets the bytes as they were. */
  isTerminal: boolean;
  paint: Paint;
}

const markOf = ({ stream }: LogLine): string => {
  if (stream === 'stdout') return '';
  return stream === 'stderr' ? '!' : '#';
};

/** A line of a log for people: output as it is, lines of stderr with `!`, notes of OpsConductor with `#`; both dimmed where there is colour. */
export const logLineText = (line: LogLine, { hasSeveral, isTerminal, paint }: LogLineStyle): string => {
  const mark = markOf(line);
  const message = isTerminal ? cleanText(lastOverwrite(line.log_message)) : line.log_message;
  const name =
    hasSeveral && line.target_name !== null
      ? `${cleanText(line.target_name)} ${mark === '' ? '|' : mark} `
      : `${mark}${mark === '' ? '' : ' '}`;
  return mark === '' ? `${paint.dim(name)}${message}` : paint.dim(`${name}${message}`);
};

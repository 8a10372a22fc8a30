import type { LogLine } from '../client/index.ts';

/** Which lines of a run that is followed are wanted. */
export interface LineOptions {
  grep?: string;
  ignoreCase?: boolean;
  level?: string;
  phase?: string;
  category?: string;
  stream?: string;
}

/** Does a line fit all that is asked for? Lines that come live are chosen here, by the rules of the search in stored ones. */
export const lineFilter = ({ grep, ignoreCase = false, level, phase, category, stream }: LineOptions): ((line: LogLine) => boolean) => {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const wanted = grep === undefined ? undefined : fold(grep);
  return (line) =>
    (wanted === undefined || fold(line.log_message).includes(wanted)) &&
    (level === undefined || line.log_level === level) &&
    (phase === undefined || line.log_phase === phase) &&
    (category === undefined || line.log_category === category) &&
    (stream === undefined || line.stream === stream);
};

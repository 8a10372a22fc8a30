import { cleanText } from './clean-text.ts';
import { textWidth } from './text-width.ts';

/** A text as lines of at most `width` columns, cut between words; a word that is longer stays whole. Undefined: one line. */
export const wrapText = (text: string, width: number | undefined): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of cleanText(text).split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (width !== undefined && line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
};

const ESC = String.fromCodePoint(0x1b);
const BEL = String.fromCodePoint(0x07);
const ESCAPES = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[ -/]*[0-~])`, 'g');
const CONTROLS = /[\p{Cc}\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Text of a target as one line that cannot move the cursor, recolour the terminal or turn its direction. */
export const cleanText = (text: string): string => text.replace(ESCAPES, '').replace(CONTROLS, ' ').trimEnd();

/** What a terminal would show of a line that was overwritten by carriage returns. */
export const lastOverwrite = (text: string): string => text.replace(/\r+$/, '').split('\r').at(-1) ?? '';

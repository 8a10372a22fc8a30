/** Shell variable that holds a newline, so that a quoted text of many lines fits on one line. */
export const NEWLINE_VARIABLE = '_opsc_n';

/** Sets the newline variable without a process: the third character of the default IFS, which every POSIX shell sets when it starts. */
export const SET_NEWLINE = `${NEWLINE_VARIABLE}=\${IFS#??}`;

/** Quotes a text as one word of a POSIX shell, on one line. The line that holds it must first have run `SET_NEWLINE`. Nothing in the text is interpreted. */
export const shellQuote = (text: string): string => `'${text.replaceAll("'", `'\\''`).replaceAll('\n', `'"$${NEWLINE_VARIABLE}"'`)}'`;

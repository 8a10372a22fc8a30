const MOST_CHARACTERS = 300;
const DOLLAR_QUOTED = /\$([A-Za-z_]\w*)?\$.*?(?:\$\1\$|$)/gs;
const ESCAPE_STRING = /\b[eE]'(?:[^'\\]|''|\\.)*(?:'|$)/gs;
const STRING = /'(?:[^']|'')*(?:'|$)/g;

/**
 * A statement of pg_stat_statements on one line of at most 300 characters. The server replaces the literals of most statements itself, but not those of
 * `ALTER ROLE … PASSWORD '…'` and the like: none is shown.
 */
export const statementText = (statement: string): string => {
  const line = statement
    .replace(DOLLAR_QUOTED, '$$$$…$$$$')
    .replace(ESCAPE_STRING, `'…'`)
    .replace(STRING, `'…'`)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
};

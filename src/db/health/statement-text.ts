const MOST_CHARACTERS = 300;
/** What needs care, whichever begins first: comments, quoted names, and the literals `$tag$…$tag$`, `E'…'` and `'…'`, which may lack their end. */
const TOKENS =
  /(?<comment>--[^\n]*|\/\*.*?(?:\*\/|$))|(?<name>"(?:[^"]|"")*")|(?<body>\$(?<tag>[A-Za-z_]\w*)?\$.*?(?:\$\k<tag>\$|$))|\b[eE]'(?:[^'\\]|''|\\.)*(?:'|$)|'(?:[^']|'')*(?:'|$)/gs;

const shownAs = (token: string, groups: Record<string, string | undefined>): string => {
  if (groups['comment'] !== undefined) return ' ';
  if (groups['name'] !== undefined) return token;
  return groups['body'] === undefined ? `'…'` : '$$…$$';
};

/**
 * A statement of pg_stat_statements on one line of at most 300 characters, without comments. The server replaces the literals of most statements itself,
 * but not those of `ALTER ROLE … PASSWORD '…'` and the like: none is shown.
 */
export const statementText = (statement: string): string => {
  const line = statement
    .replace(TOKENS, (token: string, ...rest: unknown[]) => shownAs(token, rest.at(-1) as Record<string, string | undefined>))
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS - 1)}…`;
};

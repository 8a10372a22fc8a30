import { OpsError } from '../../domain/ops-error.ts';

export type SqlTokenKind = 'space' | 'comment' | 'string' | 'quoted' | 'word' | 'symbol';

/** A piece of SQL text; joined, the tokens are the text again. */
export interface SqlToken {
  kind: SqlTokenKind;
  text: string;
  /** Of its first character, from 1. */
  line: number;
}

// Two quotes within a string begin a string anew, which for finding its end is the same.
const TOKENS: readonly (readonly [SqlTokenKind, RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*/y],
  ['string', /'[^']*'/y],
  ['quoted', /"[^"]*"/y],
  ['word', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['symbol', /[^'"]/y],
];
/** Only here can a backslash hide a quote. */
const ESCAPE_STRING = /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const COMMENT_EDGE = /\/\*|\*\//g;

const matchAt = (pattern: RegExp, sql: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
};

/** The end of a block comment; they nest. */
const blockEnd = (sql: string, at: number): number => {
  let depth = 0;
  COMMENT_EDGE.lastIndex = at;
  for (;;) {
    const edge = COMMENT_EDGE.exec(sql);
    if (edge === null) return -1;
    depth += edge[0] === '/*' ? 1 : -1;
    if (depth === 0) return COMMENT_EDGE.lastIndex;
  }
};

const nextToken = (sql: string, at: number): { kind: SqlTokenKind; end: number } => {
  if (sql.startsWith('/*', at)) return { kind: 'comment', end: blockEnd(sql, at) };
  if (/^[eE]'/.test(sql.slice(at, at + 2))) return { kind: 'string', end: at + (matchAt(ESCAPE_STRING, sql, at)?.length ?? -at - 1) };
  const tag = matchAt(DOLLAR_TAG, sql, at);
  if (tag !== undefined) {
    const close = sql.indexOf(tag, at + tag.length);
    return { kind: 'string', end: close < 0 ? -1 : close + tag.length };
  }
  for (const [kind, pattern] of TOKENS) {
    const text = matchAt(pattern, sql, at);
    if (text !== undefined) return { kind, end: at + text.length };
  }
  return { kind: 'symbol', end: -1 };
};

const lineEndsIn = (text: string): number => text.split('\n').length - 1;

/**
 * Cuts SQL into tokens as Postgres does (with standard_conforming_strings): strings, dollar quotes, quoted names, comments, words.
 * @throws OpsError VALIDATION when a string, a name or a comment does not end.
 */
export const scanSql = (sql: string): SqlToken[] => {
  const tokens: SqlToken[] = [];
  let line = 1;
  for (let at = 0; at < sql.length;) {
    const { kind, end } = nextToken(sql, at);
    if (end < 0) throw new OpsError('VALIDATION', `A string, name or comment that begins in line ${line} does not end.`);
    const text = sql.slice(at, end);
    tokens.push({ kind, text, line });
    line += lineEndsIn(text);
    at = end;
  }
  return tokens;
};

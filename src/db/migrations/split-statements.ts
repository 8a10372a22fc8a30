import { scanSql } from './scan-sql.ts';
import type { SqlToken } from './scan-sql.ts';

/** One statement of a file. */
export interface SqlStatement {
  /** From its first word to its last, without the semicolon. */
  text: string;
  /** Of its first word, from 1. */
  line: number;
  /** The comments between the statement before and this one. */
  comments: string[];
  /** On one line, without comments, its strings empty: what rules about statements look at. */
  outline: string;
}

/** Within CREATE FUNCTION … BEGIN ATOMIC … END, semicolons do not end the statement. */
const isRoutine = (words: readonly string[]): boolean => words[0] === 'create' && words.some((word) => /^(function|procedure)$/.test(word));

const depthAfter = (token: SqlToken, depth: { parentheses: number; blocks: number }, words: readonly string[]): void => {
  if (token.kind === 'symbol' && token.text === '(') depth.parentheses += 1;
  if (token.kind === 'symbol' && token.text === ')') depth.parentheses = Math.max(0, depth.parentheses - 1);
  if (token.kind !== 'word' || depth.parentheses > 0 || !isRoutine(words)) return;
  const word = token.text.toLowerCase();
  if (word === 'begin' || (word === 'case' && depth.blocks > 0)) depth.blocks += 1;
  if (word === 'end') depth.blocks = Math.max(0, depth.blocks - 1);
};

const outlineToken = ({ kind, text }: SqlToken): string => {
  if (kind === 'space' || kind === 'comment') return ' ';
  return kind === 'string' ? "''" : text;
};

const toStatement = (tokens: readonly SqlToken[]): SqlStatement | undefined => {
  const isWhite = ({ kind }: SqlToken): boolean => kind === 'space' || kind === 'comment';
  const first = tokens.findIndex((token) => !isWhite(token));
  if (first < 0) return undefined;
  const body = tokens.slice(first, tokens.findLastIndex((token) => !isWhite(token)) + 1);
  return {
    text: body.map(({ text }) => text).join(''),
    line: body[0]?.line ?? 1,
    comments: tokens.slice(0, first).flatMap(({ kind, text }) => (kind === 'comment' ? [text] : [])),
    outline: body.map(outlineToken).join('').replaceAll(/\s+/g, ' '),
  };
};

/**
 * The statements of a file, as psql would send them one by one.
 * @throws OpsError VALIDATION when a string, a name or a comment does not end.
 */
export const splitStatements = (sql: string): SqlStatement[] => {
  const parts: SqlToken[][] = [[]];
  let words: string[] = [];
  let depth = { parentheses: 0, blocks: 0 };
  for (const token of scanSql(sql)) {
    const isEnd = token.kind === 'symbol' && token.text === ';' && depth.parentheses === 0 && depth.blocks === 0;
    if (isEnd) {
      parts.push([]);
      words = [];
      depth = { parentheses: 0, blocks: 0 };
      continue;
    }
    if (token.kind === 'word' && words.length < 4) words.push(token.text.toLowerCase());
    depthAfter(token, depth, words);
    parts.at(-1)?.push(token);
  }
  return parts.map(toStatement).filter((statement) => statement !== undefined);
};

const BEFORE = /^(?:\s+|\(|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;

/** A statement without the comments, spaces and opening parentheses before its first word. */
export const withoutIntroduction = (statement: string): string => statement.replace(BEFORE, '');

/** Does a statement begin with this word, or with WITH, which may introduce any? Comments and opening parentheses before it do not count. */
export const beginsAs = (statement: string, kind: string): boolean => {
  const word = /^[a-z]+/i.exec(withoutIntroduction(statement))?.[0]?.toUpperCase();
  return word === kind || word === 'WITH';
};

const READS: ReadonlySet<string> = new Set(['SELECT', 'SHOW', 'VALUES', 'TABLE', 'DESC', 'DESCRIBE']);
/** Wherever they stand: a string that holds one costs no more than a question to a person. */
const WRITES = /\b(?:into|insert|update|delete|merge)\b/i;

/** Does a statement change nothing, as far as its text tells? What a function that it calls does is for its author to know. */
export const onlyReads = (statement: string): boolean => {
  const word = /^[a-z]+/i.exec(withoutIntroduction(statement))?.[0]?.toUpperCase() ?? '';
  if (word === 'WITH') return !WRITES.test(statement);
  return READS.has(word) && !/\binto\b/i.test(statement);
};

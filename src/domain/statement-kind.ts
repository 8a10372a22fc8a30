const BEFORE = /^(?:\s+|\(|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;

/** A statement without the comments, spaces and opening parentheses before its first word. */
export const withoutIntroduction = (statement: string): string => statement.replace(BEFORE, '');

/** Does a statement begin with this word, or with WITH, which may introduce any? Comments and opening parentheses before it do not count. */
export const beginsAs = (statement: string, kind: string): boolean => {
  const word = /^[a-z]+/i.exec(withoutIntroduction(statement))?.[0]?.toUpperCase();
  return word === kind || word === 'WITH';
};

const BEFORE = /^(?:\s+|\(|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;

/** Does a statement begin with this word, or with WITH, which may introduce any? Comments and opening parentheses before it do not count. */
export const beginsAs = (statement: string, kind: string): boolean => {
  const word = /^[a-z]+/i.exec(statement.replace(BEFORE, ''))?.[0]?.toUpperCase();
  return word === kind || word === 'WITH';
};

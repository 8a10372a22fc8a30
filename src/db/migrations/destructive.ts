import type { SqlStatement } from './split-statements.ts';

const DESTRUCTIVE: readonly RegExp[] = [
  /^drop (table|schema|database|materialized view)\b/i,
  /^alter table\b.*\bdrop (?!constraint\b|default\b|not null\b|expression\b|identity\b)/i,
  /^truncate\b/i,
  /^(with\b.*)?\bdelete from\b/i,
];
const DECLARATION = /^--\s*destructive:\s*(\S.*)$/;

/** Does it remove data? What a DO block or a function does is not seen. */
export const isDestructive = ({ outline }: SqlStatement): boolean => DESTRUCTIVE.some((pattern) => pattern.test(outline));

/** The reason that the comment `-- destructive: …` before the statement gives. */
export const declaredReason = ({ comments }: SqlStatement): string | undefined =>
  comments.map((comment) => DECLARATION.exec(comment.trim())?.[1]).find((reason) => reason !== undefined);

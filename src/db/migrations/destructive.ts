import type { SqlStatement } from './split-statements.ts';

const DESTRUCTIVE: readonly RegExp[] = [
  /^drop (table|schema|database|materialized view)\b/i,
  /^alter table\b.*\bdrop (?!constraint\b|default\b|not null\b|expression\b|identity\b)/i,
  /^truncate\b/i,
  /^(with\b.*)?\bdelete from\b/i,
];
const DECLARATION = /^--\s*destructive:\s*(\S.*)$/;

/** The reason that the comment `-- destructive: …` before the statement gives. */
export const declaredReason = ({ comments }: SqlStatement): string | undefined =>
  comments.map((comment) => DECLARATION.exec(comment.trim())?.[1]).find((reason) => reason !== undefined);

/** Does it remove data, by its words or as its author says? What a DO block or a function does is not seen. */
export const isDestructive = (statement: SqlStatement): boolean =>
  declaredReason(statement) !== undefined || DESTRUCTIVE.some((pattern) => pattern.test(statement.outline));

import { methodOfScheme, SCHEME_NAMES } from './connection-scheme.ts';
import type { FlatAction } from './flatten-actions.ts';
import type { FieldProblem } from './ops-error.ts';
import { beginsAs, withoutIntroduction } from './statement-kind.ts';
import { parseTemplate } from './template/parse-template.ts';
import type { Template } from './template/parse-template.ts';

const schemeMethod = (text: string): string | undefined => methodOfScheme(/^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? '');

const SQL_METHODS: ReadonlySet<string> = new Set(['mysql', 'postgresql', 'mssql', 'oracle', 'sqlite']);
/** Where `?` is a placeholder and nothing else. */
const QUESTION_MARKS: ReadonlySet<string> = new Set(['mysql', 'sqlite']);
const STATEMENT = /^(?:SELECT|INSERT|UPDATE|DELETE|WITH|CALL|EXEC|EXECUTE|MERGE|REPLACE|CREATE|ALTER|DROP|TRUNCATE)\b/i;
/** Of these a query of SQL is told without its method; Redis has a SELECT too, but nothing to quote in it. */
const SQL = /^(?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|MERGE|CREATE|ALTER|DROP)\s/i;

/** Characters that no text of an action holds stand for references. */
const BOUND = '\u0001';
const RAW = '\u0002';

const withMarks = ({ parts }: Template): string =>
  parts.map((part) => (part.kind === 'text' ? part.text : part.isRaw ? RAW : BOUND)).join('');

const DOLLAR_QUOTED = /\$([a-z_]*)\$[\s\S]*?\$\1\$/gi;
const PLAIN = `'[^']*'|"[^"]*"`;
const ESCAPED = String.raw`'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"`;
const COMMENT = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;

/** Products differ in whether `\` escapes and `#` begins a comment: a reference is in quotes when all readings say so. */
const READINGS = [PLAIN, ESCAPED].flatMap((quoted) =>
  ['', '|#[^\\n]*'].map((hash) => new RegExp(`(${quoted}|\`[^\`]*\`)|${COMMENT}${hash}`, 'g')),
);

const isQuoted = (text: string, at: number): boolean =>
  READINGS.every((reading) =>
    [...text.matchAll(reading)].some(({ 0: token, 1: quoted, index }) => quoted !== undefined && index < at && at < index + token.length),
  );

const quoteProblem = (template: Template): string | undefined => {
  const text = withMarks(template).replaceAll(DOLLAR_QUOTED, (quoted) => ' '.repeat(quoted.length));
  // Oracle's q'[…]' is read by nobody else.
  if (/\bn?q'/i.test(text)) return undefined;
  const references = template.parts.filter((part) => part.kind !== 'text' && !part.isRaw);
  const places = [...text.matchAll(new RegExp(BOUND, 'g'))];
  if (places.length !== references.length) return undefined;
  const wrong = references.find((_, index) => isQuoted(text, places[index]?.index ?? 0));
  if (wrong === undefined || wrong.kind === 'text') return undefined;
  return `${wrong.source} stands inside of quotes, where no value can be bound; leave the quotes away`;
};

const ownPlaceholderProblem = (template: Template): string | undefined => {
  const text = withMarks(template);
  const isEverywhere = READINGS.every((reading) => text.replaceAll(reading, ' ').includes('?'));
  return isEverywhere ? 'has a placeholder of its own (?); values come from ${params.name} and variables only' : undefined;
};

const kindProblem = (text: string, queryType: string): string | undefined => {
  const begin = withoutIntroduction(text);
  if (begin.startsWith(RAW)) return undefined;
  if (queryType !== 'STORED_PROCEDURE')
    return beginsAs(text, queryType) ? undefined : `contradicts the query, which does not begin with ${queryType} (or WITH)`;
  return STATEMENT.test(begin)
    ? 'contradicts the query, which must be the name of a procedure, with arguments in parentheses if it has any'
    : undefined;
};

/** A connectionString may begin with a reference: then its method is not known yet. */
const connectionProblem = (text: string): string | undefined =>
  /^[a-z]*\$\{/i.test(text) || schemeMethod(text) !== undefined ? undefined : `must begin with one of ${SCHEME_NAMES.join(', ')} and ://`;

/** What is wrong with the statement of a database action, as far as it shows before a target is asked. */
export const statementProblems = ({ action, path }: FlatAction): FieldProblem[] => {
  const { query, queryType, connectionString } = action.action_parameters as Readonly<Record<string, unknown>>;
  if (action.action_type !== 'database' || typeof query !== 'string') return [];
  const isDirect = typeof connectionString === 'string';
  const method = isDirect ? schemeMethod(connectionString) : action.action_config.method;
  const template = parseTemplate(query);
  const text = withMarks(template);
  const found: [field: string, message: string | undefined][] = [
    ['connectionString', isDirect ? connectionProblem(connectionString) : undefined],
  ];
  const isSql = SQL_METHODS.has(method ?? '') || (method === undefined && SQL.test(withoutIntroduction(text)));
  if (withoutIntroduction(text).replaceAll(/[\s;]/g, '') === '') found.push(['query', 'is empty: it holds no statement']);
  else if (typeof queryType === 'string') found.push(['queryType', kindProblem(text, queryType)]);
  if (isSql) found.push(['query', quoteProblem(template)]);
  if (QUESTION_MARKS.has(method ?? '')) found.push(['query', ownPlaceholderProblem(template)]);
  return found.flatMap(([field, said]) => (said === undefined ? [] : [{ path: `${path}.action_parameters.${field}`, message: said }]));
};

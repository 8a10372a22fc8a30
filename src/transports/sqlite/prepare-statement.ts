import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BoundText } from '../../contracts/transport.ts';

type SqlValue = string | number | bigint | null;

/** A statement that is refused before anything of it runs; the message is a sentence without its end. */
export class Refusal extends Error {}

const RANGE = 25;

const isTextOf = (error: unknown, code: string): boolean => error instanceof Error && Reflect.get(error, 'code') === code;

/** SQLite takes the first statement and leaves the rest unread: whether the rest holds another one it says itself. */
const hasMore = (database: DatabaseSync, rest: string): boolean => {
  if (rest.trim() === '') return false;
  try {
    database.prepare(rest);
    return true;
  } catch (error) {
    return !isTextOf(error, 'ERR_INVALID_ARG_VALUE');
  }
};

/** Does SQLite find exactly as many placeholders as there are values? It would take a missing value as NULL without a word. Runs nothing. */
const placeholderProblem = (statement: StatementSync, values: readonly SqlValue[]): string | undefined => {
  const tryWith = (given: readonly unknown[]): boolean => {
    try {
      // The last one can never be bound, so that the statement does not run.
      statement.all(...(given as SqlValue[]), Symbol('not a value') as unknown as SqlValue);
    } catch (error) {
      return Reflect.get(error as Error, 'errcode') === RANGE;
    }
    return false;
  };
  if (!tryWith([...values, 0n])) return OWN;
  if (values.length > 0 && tryWith(values))
    return 'a reference stands inside of quotes, where no value can be bound. Leave the quotes away';
  return undefined;
};

const QUOTED_OR_COMMENT = /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
/** `:name`, `@name`, `$name`, `?1`: these SQLite would take as NULL too, and its values cannot be counted. */
const NAMED = /(?<![\w$])(?:[:@$#][\w$]|\?\d)/;
const OWN = 'the text has placeholders of its own (?, :name, @name, $name): values come from ${params.name} and variables only';

/** Whole numbers stay whole: a JavaScript number would be bound as a floating one. SQLite has no booleans but 0 and 1. */
const toSqlValue = (value: BoundText['values'][number]): SqlValue => {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
};

/** One statement with its values. @throws Refusal, or Error of SQLite */
export const prepareStatement = (database: DatabaseSync, text: string, given: BoundText['values']) => {
  if (text.includes('\0')) throw new Refusal('the statement holds a NUL character, behind which SQLite reads nothing');
  if (!hasMore(database, text)) throw new Refusal('the query is empty');
  const statement = database.prepare(text);
  if (hasMore(database, text.slice(statement.sourceSQL.length)))
    throw new Refusal('the query holds several statements. An action is one statement: use an action for each');
  if (NAMED.test(text.replace(QUOTED_OR_COMMENT, ' '))) throw new Refusal(OWN);
  const values = given.map(toSqlValue);
  const problem = placeholderProblem(statement, values);
  if (problem !== undefined) throw new Refusal(problem);
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return { statement, values };
};

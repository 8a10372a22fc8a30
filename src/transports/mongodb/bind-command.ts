import { randomUUID } from 'node:crypto';
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import type { BoundText } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';

type Value = BoundText['values'][number];

const problem = (says: string, cause?: unknown): OpsError =>
  new OpsError('VALIDATION', `The MongoDB command of this action cannot be used: ${says}`, { cause });

/** Whether the text ends inside a JSON string, when it began so or not. */
const endsInString = (text: string, beganInString: boolean): boolean => {
  let isInside = beganInString;
  for (const [piece] of text.matchAll(/\\.|"/gs)) if (piece === '"') isInside = !isInside;
  return isInside;
};

/** The text with a name that nobody knows in the place of each value: in a string as it is, elsewhere as a string of its own. */
const markValues = ({ segments, values }: BoundText) => {
  const nonce = randomUUID();
  const bare = new Map<string, Value>();
  const quoted = new Map<string, Value>();
  let isInside = false;
  const parts = segments.map((segment, index) => {
    isInside = endsInString(segment, isInside);
    const value = values[index];
    if (value === undefined) return segment;
    const mark = `${nonce}.${index}.`;
    (isInside ? quoted : bare).set(mark, value);
    return segment + (isInside ? mark : JSON.stringify(mark));
  });
  return { text: parts.join(''), nonce, bare, quoted };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw problem('it is no JSON. Write keys and texts in double quotes.', cause);
  }
};

/** @throws OpsError VALIDATION */
export const bindCommand = (statement: BoundText): Document => {
  const { text, nonce, bare, quoted } = markValues(statement);
  const put = (json: unknown): unknown => {
    if (typeof json === 'string') {
      const value = bare.get(json);
      return value === undefined ? json.replaceAll(new RegExp(`${nonce}\\.\\d+\\.`, 'g'), (mark) => String(quoted.get(mark))) : value;
    }
    if (Array.isArray(json)) return json.map(put);
    if (typeof json !== 'object' || json === null) return json;
    return Object.fromEntries(
      Object.entries(json).map(([key, value]) => {
        if (key.includes(nonce)) throw problem('a variable cannot be the name of a field or an operator.');
        return [key, put(value)];
      }),
    );
  };
  const command = put(parse(text));
  if (typeof command !== 'object' || command === null || Array.isArray(command) || Object.keys(command).length === 0)
    throw problem('it must be one JSON object, such as {"find":"users","filter":{}}.');
  try {
    // Not relaxed: that would make a number of a $numberLong, which has not room for its digits.
    return BSON.EJSON.deserialize(command, { relaxed: false });
  } catch (cause) {
    throw problem('a value such as {"$oid": …} or {"$date": …} in it is not what it says.', cause);
  }
};

import { parse } from '@marcbachmann/cel-js';

/** A node of the tree of CEL, as far as a walk looks at it. */
interface Node {
  op: string;
  args: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

/** They ask something of each item, of which there may be none. */
const MACROS: ReadonlySet<unknown> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

/** What of a node is evaluated whatever the values are: what stands behind `&&`, `||` and `?` may not be. */
const surely = ({ op, args }: Node): unknown => {
  if (!Array.isArray(args)) return args;
  const [first, second] = args as unknown[];
  if (op === '&&' || op === '||' || op === '?:') return first;
  return op === 'rcall' && MACROS.has(first) ? second : args;
};

const namesIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isNode(value)) return [];
  return value.op === 'id' && typeof value.args === 'string' ? [value.args] : namesIn(surely(value));
};

/** The names that an expression surely asks for when it is decided. Of one that cannot be read: none. */
export const namesOfExpression = (expression: string): string[] => {
  try {
    return [...new Set(namesIn(parse(expression).ast))];
  } catch {
    return [];
  }
};

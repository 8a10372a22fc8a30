/** A piece of text, or what stands in a pair of parentheses. */
type Item = string | Item[];

const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]| AND | OR |[^'"() ]+| /g;
const VARCHAR_VALUES = /\(ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]\)::text\[\]/g;

const operatorOf = (items: readonly Item[]): Item | undefined => items.find((item) => item === ' AND ' || item === ' OR ');

/** `(a AND b) AND c` as `a AND b AND c`. */
const flatten = (items: Item[]): Item[] => {
  const operator = operatorOf(items);
  if (operator === undefined) return items;
  return items.flatMap((item, at) => {
    const standsAlone = [items[at - 1], items[at + 1]].every((neighbour) => neighbour === undefined || neighbour === operator);
    return standsAlone && Array.isArray(item) && operatorOf(item) === operator ? item : [item];
  });
};

const read = (tokens: Iterator<string, undefined>): Item[] => {
  const items: Item[] = [];
  for (let token = tokens.next().value; token !== undefined && token !== ')'; token = tokens.next().value) {
    items.push(token === '(' ? read(tokens) : token);
  }
  return flatten(items);
};

const write = (items: readonly Item[]): string => items.map((item) => (typeof item === 'string' ? item : `(${write(item)})`)).join('');

/**
 * One spelling for what Postgres prints in two ways. What it printed it may print otherwise once it has read it again, as after a restore:
 * `x BETWEEN 1 AND 9 AND y` loses the parentheses around its first half, and the values for a varchar column get a cast each.
 */
export const normaliseExpression = (definition: string): string => {
  const castEach = definition.replaceAll(VARCHAR_VALUES, (_all, values: string) => {
    const each = values.replaceAll(/'(?:[^']|'')*'::character varying/g, '($&)::text');
    return `ARRAY[${each}]`;
  });
  const tokens = (castEach.match(TOKEN) ?? []).values();
  return write(read(tokens));
};

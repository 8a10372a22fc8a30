import { z } from 'zod';
import { Text } from './text.ts';

const DEFAULT_LIMIT = { default: 50, max: 500 };

/** Names of fields separated by commas; a name that is none is refused. */
export const FieldNames = (names: readonly string[], description: string) => {
  const name = `(${names.join('|')})`;
  return z
    .string()
    .max(2_000)
    .regex(new RegExp(`^${name}(,${name})*$`), `must be names of fields, separated by commas: ${names.join(', ')}`)
    .meta({ description, example: names[0] });
};

/**
 * Query of a list. Every list is read by key, not by offset: `next` of one page is the `cursor` of the following one, and rows that come meanwhile
 * shift nothing. A cursor goes on in the order and with the filters of its page only.
 * @param options.item what the list holds; its fields are those that may be asked for.
 * @param options.sorts names of the orders that there are; with a `-` before it each runs backwards. `created` is the order in which things were made.
 * @param options.sort the one without `sort` in the query; the service of the list says the same.
 */
export const listQuery = <const Name extends string, Filters extends z.ZodRawShape>(
  options: {
    item: z.ZodObject;
    sorts: readonly Name[];
    sort: NoInfer<Name> | `-${NoInfer<Name>}`;
    limit?: { default: number; max: number };
  },
  filters: Filters,
) => {
  const { item, sorts, sort, limit = DEFAULT_LIMIT } = options;
  const orders: readonly (Name | `-${Name}`)[] = sorts.flatMap((name): (Name | `-${Name}`)[] => [name, `-${name}`]);
  return z.strictObject({
    limit: z.coerce.number().int().min(1).max(limit.max).default(limit.default).meta({ description: 'Items of a page, at most.' }),
    cursor: Text(2_000).optional().meta({ description: '`next` of the page before, which had the same sort and filters.' }),
    sort: z.enum(orders).optional().meta({ description: 'Order; `-` turns it round.', default: sort }),
    fields: FieldNames(Object.keys(item.shape), 'Only these fields of each item, separated by commas.').optional(),
    ...filters,
  });
};

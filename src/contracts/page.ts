import { z } from 'zod';

/** One page of a list; with `fields` in the query its items have only those. */
export const pageOf = <Item extends z.ZodObject>(item: Item, id: string) => {
  const { id: itemId } = item.meta() ?? {};
  const part = item.partial().meta({ id: `${String(itemId)}Part`, description: `${String(itemId)} with the fields that were asked for.` });
  return z
    .object({
      data: z.array(z.union([item, part])),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }),
    })
    .meta({ id });
};

export interface Page<Item> {
  data: Item[];
  next: string | null;
}

import { z } from 'zod';

const parts = new WeakMap<z.ZodObject, unknown>();

/** What is left of a thing of which only some fields were asked for: one schema for each, however often it is asked for. */
export const partOf = (item: z.ZodObject) => {
  const id = String(item.meta()?.id);
  const make = () => item.partial().meta({ id: `${id}Part`, description: `${id} with the fields that were asked for.` });
  const part = (parts.get(item) as ReturnType<typeof make> | undefined) ?? make();
  parts.set(item, part);
  return part;
};

/** One page of a list; with `fields` in the query its items have only those. */
export const pageOf = <Item extends z.ZodObject>(item: Item, id: string) =>
  z
    .object({
      data: z.array(z.union([item, partOf(item)])),
      next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }),
    })
    .meta({ id });

export interface Page<Item> {
  data: Item[];
  next: string | null;
}

import { z } from 'zod';
import { Text } from './text.ts';

/** Every list is read by key, not by offset: `next` of one page is the `cursor` of the following one, and rows that come meanwhile shift nothing. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: Text(200).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const pageOf = <Item extends z.ZodType>(item: Item, id: string) =>
  z
    .object({ data: z.array(item), next: z.string().nullable().meta({ description: 'Cursor of the next page; null on the last one.' }) })
    .meta({ id });

export interface Page<Item> {
  data: Item[];
  next: string | null;
}

import { z } from 'zod';
import type { ApiClient } from './api-client.ts';

/** All items of a list of the API, page by page. */
export async function* readPages<Item extends z.ZodType>(api: ApiClient, path: string, item: Item): AsyncGenerator<z.infer<Item>[]> {
  const Page = z.object({ data: z.array(item), next: z.string().nullable() });
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof Page> = await api.get(`${path}${query}`, Page);
    yield page.data;
    cursor = page.next;
  } while (cursor !== null);
}

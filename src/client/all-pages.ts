import type { Page } from './page.ts';

const LARGEST_PAGE = 500;

/** The items of a list, page after page, up to `limit`: `allPages((place) => client.listTargets({ ...place, status: 'active' }))`. */
export async function* allPages<Item>(
  read: (place: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>,
  { limit = Number.POSITIVE_INFINITY, pageSize = LARGEST_PAGE }: { limit?: number; pageSize?: number } = {},
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  let left = limit;
  while (left > 0) {
    const page = await read({ limit: Math.min(left, pageSize), cursor });
    yield* page.data;
    left -= page.data.length;
    if (page.next === null) return;
    cursor = page.next;
  }
}

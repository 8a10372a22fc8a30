/** Runs at most `limit` at once; the first failure ends it. */
export const mapLimit = async <Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await run(item, at);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return results;
};

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/** Does what many ask for at once in few goes. @returns the result of the one item */
export type Together<Item, Result> = (key: number, item: Item) => Promise<Result>;

/**
 * What is asked for under one key while the same key is worked on, waits and is then worked on in one go.
 * @param work gives a result for each item, in their order; when it throws, all of the go get its error.
 * @param most items of one go.
 */
export const createTogether = <Item, Result>(
  work: (key: number, items: readonly Item[]) => Promise<readonly Result[]>,
  most: number,
): Together<Item, Result> => {
  const queues = new Map<number, Waiting<Item, Result>[]>();

  const go = async (key: number, taken: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await work(
        key,
        taken.map(({ item }) => item),
      );
      for (const [at, { resolve }] of taken.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  };
  const drain = async (key: number, queue: Waiting<Item, Result>[]): Promise<void> => {
    while (queue.length > 0) await go(key, queue.splice(0, most));
    queues.delete(key);
  };

  return (key, item) =>
    new Promise((resolve, reject) => {
      const one = { item, resolve, reject };
      const known = queues.get(key);
      if (known !== undefined) {
        known.push(one);
        return;
      }
      const queue = [one];
      queues.set(key, queue);
      void drain(key, queue);
    });
};

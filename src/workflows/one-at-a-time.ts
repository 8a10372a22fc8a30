/** Functions that answer later, by name. */
type Calls = Record<string, (...args: never[]) => Promise<unknown>>;

/**
 * The same calls, begun one after the other in the order in which they were asked for. Without it, the results of local activities that are pending
 * together come in moments of their own at first and all in one moment when the history is replayed, so that what follows them would be commanded in
 * another order (sdk-typescript 1.24 with sdk-core: they resolve in the order of their markers, in one activation).
 */
export const oneAtATime = <T extends Calls>(calls: T): T => {
  let last: Promise<unknown> = Promise.resolve();
  return new Proxy(calls, {
    get(target, name, receiver) {
      const call = Reflect.get(target, name, receiver) as T[string];
      return (...args: Parameters<T[string]>) => {
        const turn = last.then(() => call(...args));
        last = turn.catch(() => undefined);
        return turn;
      };
    },
  });
};

/** What was encoded once and goes to all followers. */
export interface Chunk {
  bytes: Uint8Array;
  /** Where a follower that got it goes on from; empty: from where it would have gone on before. */
  id: string;
  /** Nothing follows. */
  isLast: boolean;
}

/** How much all rings of a process hold, and may hold. */
export interface Budget {
  used: number;
  max: number;
}

/** The newest chunks of a stream, numbered from 0 on; the oldest go when there are too many bytes. */
export interface Ring {
  /** Number of the oldest chunk that is there. */
  readonly first: number;
  /** Number of the chunk that comes next. */
  readonly end: number;
  at(position: number): Chunk | undefined;
  push(chunk: Chunk): void;
  /** The chunk behind all that a follower has who has seen everything until this time. @returns undefined when it is not known any more */
  after(time: string): number | undefined;
  clear(): void;
}

export const createRing = (maxBytes: number, budget: Budget): Ring => {
  let chunks: Chunk[] = [];
  let first = 0;
  let bytes = 0;
  const drop = (): void => {
    const size = chunks.shift()?.bytes.length ?? 0;
    first += 1;
    bytes -= size;
    budget.used -= size;
  };
  const isFull = (): boolean => bytes > maxBytes || budget.used > budget.max;
  return {
    get first() {
      return first;
    },
    get end() {
      return first + chunks.length;
    },
    at: (position) => chunks[position - first],
    push(chunk) {
      chunks.push(chunk);
      bytes += chunk.bytes.length;
      budget.used += chunk.bytes.length;
      while (chunks.length > 1 && isFull()) drop();
    },
    after(time) {
      const index = chunks.findLastIndex(({ id }) => id !== '' && id <= time);
      return index === -1 ? undefined : first + index + 1;
    },
    clear() {
      first += chunks.length;
      budget.used -= bytes;
      bytes = 0;
      chunks = [];
    },
  };
};

/** Lets in as much weight at once as there is room for, first come, first served; but one holder gets no more than his share while he has some already. */
export interface Slots {
  /** @returns what gives the room back; call it once. */
  take(weight: number, holder: string): Promise<() => void>;
  /** Does somebody wait for others to give room back? */
  isWaitedFor(): boolean;
}

interface Waiting {
  weight: number;
  holder: string;
  enter: () => void;
}

/** @param share what one holder may have in several places; one alone may be as large as the room */
export const createSlots = (room: number, share: number): Slots => {
  let free = room;
  const held = new Map<string, number>();
  let waiting: Waiting[] = [];
  const add = (holder: string, weight: number): void => {
    const now = (held.get(holder) ?? 0) + weight;
    free -= weight;
    if (now === 0) held.delete(holder);
    else held.set(holder, now);
  };
  const isWithinShare = ({ holder, weight }: Waiting): boolean => {
    const has = held.get(holder) ?? 0;
    return has === 0 || has + weight <= share;
  };
  const letIn = (): void => {
    for (;;) {
      // Whoever is at his share lets others pass; whoever needs more room than there is does not, or the large ones would never come in.
      const next = waiting.find(isWithinShare);
      if (next === undefined || next.weight > free) return;
      waiting = waiting.filter((other) => other !== next);
      add(next.holder, next.weight);
      next.enter();
    }
  };
  return {
    take(weight, holder) {
      const taken = Math.min(weight, room);
      return new Promise((resolve) => {
        const giveBack = (): void => {
          add(holder, -taken);
          letIn();
        };
        waiting.push({ weight: taken, holder, enter: () => resolve(giveBack) });
        letIn();
      });
    },
    isWaitedFor: () => waiting.some(isWithinShare),
  };
};

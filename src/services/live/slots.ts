/** Lets in as much weight at once as there is room for, first come, first served. */
export interface Slots {
  /** @returns what gives the room back; call it once. */
  take(weight: number): Promise<() => void>;
}

export const createSlots = (room: number): Slots => {
  let free = room;
  const waiting: { weight: number; enter: () => void }[] = [];
  const letIn = (): void => {
    for (let next = waiting[0]; next !== undefined && next.weight <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.weight;
      next.enter();
    }
  };
  return {
    take(weight) {
      const taken = Math.min(weight, room);
      return new Promise((resolve) => {
        const giveBack = (): void => {
          free += taken;
          letIn();
        };
        waiting.push({ weight: taken, enter: () => resolve(giveBack) });
        letIn();
      });
    },
  };
};

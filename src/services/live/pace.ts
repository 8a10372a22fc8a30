import { setTimeout as sleep } from 'node:timers/promises';

const SHORTEST_PAUSE_MS = 50;

/** Work that is done again whenever somebody hurries it, never twice at once. */
export interface Pace {
  hurry: () => void;
  isClosed: () => boolean;
  close: () => void;
}

/** @param work throws nothing. */
export const createPace = (work: () => Promise<void>): Pace => {
  let isAsked = false;
  let isBusy = false;
  let closed = false;
  const isClosed = (): boolean => closed;
  const run = async (): Promise<void> => {
    isBusy = true;
    while (isAsked && !isClosed()) {
      isAsked = false;
      await work();
      await sleep(SHORTEST_PAUSE_MS, undefined, { ref: false });
    }
    isBusy = false;
  };
  return {
    hurry() {
      isAsked = true;
      if (!isBusy && !closed) void run();
    },
    isClosed,
    close() {
      closed = true;
    },
  };
};

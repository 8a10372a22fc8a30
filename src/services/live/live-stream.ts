import { KEEP_ALIVE, encodeMessages, farewell } from './frame.ts';
import type { Message } from './frame.ts';
import type { Ring } from './ring.ts';

/** Reads for one follower alone what it lacks until it may go on with the others. */
export interface CatchUp {
  /** @returns `joinAt`, once nothing is left: from this chunk of the ring on it has nothing yet */
  read(): Promise<{ messages: Message[]; joinAt: number | undefined }>;
}

/** Where the streams of one run, of one job or of all runs come from. */
export interface Topic {
  readonly ring: Ring;
  /** The chunk at which somebody begins who has seen everything until `since` (empty: nothing); undefined when he has to catch up. */
  place(since: string): number | undefined;
  catchUp(since: string): Promise<CatchUp>;
  /** How much of the room for catching up one takes. */
  readonly weight: number;
}

/** What one follower gets. */
export interface LiveStream {
  /** Bytes to send next, undefined at the end. Asked for only when the last ones are on their way: what is not asked for is not kept for it. */
  next(): Promise<Uint8Array | undefined>;
  /** The follower has gone. */
  close(): void;
}

/** The side of the hub. */
export interface HubStream extends LiveStream {
  /** There is something new in the ring. */
  wake(): void;
  /** Says something to whoever waits in silence. */
  tick(): void;
  /** Ends the stream with its last words. */
  end(reason: 'access_ended' | 'server_stops'): void;
  /** For how long has it not asked for more, though it was given something? */
  stalledMs(now: number): number;
  /** For how long has it held a place to catch up in? */
  catchingUpMs(now: number): number;
}

const RETRY_MS = 1_000;
const WELCOME = new TextEncoder().encode(`retry: ${RETRY_MS}\n\n`);

/** Waits for a place to catch up in. @returns what gives it back */
type EnterRoom = (weight: number) => Promise<() => void>;

/** @param since id of the last event that the follower has, empty for none. @param onClose called once, when it is over */
export const createLiveStream = (topic: Topic, since: string, enterRoom: EnterRoom, onClose: () => void): HubStream => {
  const pending: Uint8Array[] = [WELCOME];
  let position = topic.place(since);
  let lastId = since;
  let lastWords: Uint8Array | undefined;
  let isOver = false;
  let isClosed = false;
  let waiting: ((isNews: boolean) => void) | undefined;
  let gaveAt: number | undefined = performance.now();
  let catchUp: { reader: CatchUp; giveBack: () => void; sinceMs: number } | undefined;
  let entering: Promise<() => void> | undefined;

  const wait = (): Promise<boolean> =>
    new Promise((resolve) => {
      waiting = resolve;
    });
  const stir = (isNews: boolean): void => {
    const resolve = waiting;
    waiting = undefined;
    resolve?.(isNews);
  };
  const hasClosed = (): boolean => isClosed;
  const leaveSlot = (giveBack = catchUp?.giveBack): void => {
    catchUp = undefined;
    giveBack?.();
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    isOver = true;
    leaveSlot();
    void entering?.then((giveBack) => giveBack());
    stir(true);
    onClose();
  };

  /** Waits for its turn to catch up. @returns what to say meanwhile */
  const enter = async (): Promise<Uint8Array | undefined> => {
    entering ??= enterRoom(topic.weight);
    const entered = await Promise.race([entering, wait()]);
    if (typeof entered === 'boolean') return entered ? undefined : KEEP_ALIVE;
    if (isClosed) return undefined; // which has given the place back
    entering = undefined;
    try {
      catchUp = { reader: await topic.catchUp(lastId), giveBack: entered, sinceMs: performance.now() };
    } finally {
      if (catchUp === undefined || hasClosed()) leaveSlot(entered);
    }
    return undefined;
  };

  const readBehind = async ({ reader }: NonNullable<typeof catchUp>): Promise<void> => {
    const { messages, joinAt } = await reader.read();
    pending.push(...encodeMessages(messages));
    lastId = messages.findLast(({ id }) => id !== '')?.id ?? lastId;
    if (messages.at(-1)?.type === 'end') isOver = true;
    position = joinAt;
    if (isOver || joinAt !== undefined) leaveSlot();
  };

  const fromRing = async (at: number): Promise<Uint8Array | undefined> => {
    const chunk = topic.ring.at(at);
    if (chunk === undefined) return (await wait()) ? undefined : KEEP_ALIVE;
    position = at + 1;
    if (chunk.id !== '') lastId = chunk.id;
    isOver = chunk.isLast;
    return chunk.bytes;
  };

  const step = async (): Promise<Uint8Array | undefined> => {
    if (position !== undefined && position >= topic.ring.first) return fromRing(position);
    position = undefined;
    if (catchUp === undefined) return enter();
    await readBehind(catchUp);
    return undefined;
  };

  const nextBytes = async (): Promise<Uint8Array | undefined> => {
    for (;;) {
      if (isClosed) return undefined;
      if (lastWords !== undefined) {
        isOver = true;
        pending.length = 0;
        pending.push(lastWords);
        lastWords = undefined;
      }
      const bytes = pending.shift() ?? (isOver ? undefined : await step());
      if (bytes !== undefined) return bytes;
      if (isOver && pending.length === 0) return undefined;
    }
  };

  return {
    async next() {
      gaveAt = undefined;
      try {
        const bytes = await nextBytes();
        gaveAt = performance.now();
        if (bytes === undefined) close();
        return bytes;
      } catch (error) {
        close();
        throw error;
      }
    },
    close,
    wake: () => stir(true),
    tick: () => stir(false),
    end(reason) {
      lastWords ??= farewell(reason, RETRY_MS);
      stir(true);
    },
    stalledMs: (now) => (gaveAt === undefined ? 0 : now - gaveAt),
    catchingUpMs: (now) => (catchUp === undefined ? 0 : now - catchUp.sinceMs),
  };
};

import type { Logger } from 'pino';
import type { Sequelize } from 'sequelize';
import type { RunFeed } from '../../db/run-feed.ts';
import { createRunReader } from '../executions/follow-execution.ts';
import type { RunEvent, RunFollower } from '../executions/follow-execution.ts';
import { encodeMessages } from './frame.ts';
import type { Topic } from './live-stream.ts';
import { createPace } from './pace.ts';
import { createRing } from './ring.ts';
import type { Budget } from './ring.ts';

const RING_BYTES = 4_194_304;
/** What is seen again after a break: see follow-execution.ts. */
export const OVERLAP_MS = 10_000;
const LEAST_WEIGHT = 500;

export interface TopicDeps {
  db: Sequelize;
  feed: RunFeed;
  budget: Budget;
  log: Pick<Logger, 'warn'>;
  /** There is something new in the ring. */
  wake: () => void;
}

export interface RunningTopic extends Topic {
  /** Looks, though nothing was heard. */
  look(): void;
  close(): void;
}

/** The time until which somebody has seen everything who has this id. */
export const seenUntil = (id: string): string => new Date(Date.parse(id) - OVERLAP_MS).toISOString();

/**
 * Reads one run for all its followers in this process. A record that one read takes is in the ring from its beginning; of a larger one newcomers
 * read for themselves what was before.
 * @throws OpsError NOT_FOUND
 */
export const openRunTopic = async (deps: TopicDeps, serial: string): Promise<RunningTopic> => {
  const { db, feed, budget, log, wake } = deps;
  const ring = createRing(RING_BYTES, budget);
  let weight = LEAST_WEIGHT;
  let isOver = false;
  let resumeFrom = '';
  let reader: RunFollower | undefined = await createRunReader(db, serial, undefined);

  const publish = (events: readonly RunEvent[]): void => {
    const chunks = encodeMessages(events);
    const last = events.at(-1);
    for (const event of events) if (event.type === 'execution') weight = Math.max(LEAST_WEIGHT, event.data.total_branches);
    for (const [index, bytes] of chunks.entries()) {
      const isTail = index === chunks.length - 1;
      ring.push({ bytes, id: isTail ? (last?.id ?? '') : '', isLast: isTail && last?.type === 'end' });
    }
    isOver ||= last?.type === 'end';
    if (last !== undefined && last.id !== '') resumeFrom = last.id;
    if (chunks.length > 0) wake();
  };

  const read = async (): Promise<void> => {
    try {
      reader ??= await createRunReader(db, serial, resumeFrom === '' ? undefined : new Date(resumeFrom));
      for (let more = !isOver; more;) {
        const news = await reader.read();
        publish(news.events);
        more = news.more && !pace.isClosed();
      }
    } catch (error) {
      // What this read had noted as told may not have been.
      reader = undefined;
      log.warn({ err: error, execution: serial }, 'events of a run could not be read; they are read again in some seconds');
    }
  };

  const first = await reader.read();
  const wasWhole = !first.more;
  if (wasWhole) publish(first.events);
  else resumeFrom = await reader.skip();
  const pace = createPace(read);
  const unsubscribe = feed.subscribe(serial, pace.hurry);
  pace.hurry();
  return {
    ring,
    get weight() {
      return weight;
    },
    place(since) {
      const known = since === '' ? undefined : ring.after(seenUntil(since));
      const last = isOver ? ring.end - 1 : ring.end;
      return known === undefined ? (wasWhole && ring.first === 0 ? 0 : undefined) : Math.min(known, last);
    },
    async catchUp(since) {
      const own = await createRunReader(db, serial, since === '' ? undefined : new Date(since));
      return {
        async read() {
          const joinAt = ring.end;
          const { events, more } = await own.read();
          return { messages: events, joinAt: more ? undefined : joinAt };
        },
      };
    },
    look() {
      if (!isOver) pace.hurry();
    },
    close() {
      unsubscribe();
      pace.close();
      ring.clear();
    },
  };
};

import type { Sequelize } from 'sequelize';
import { selectRows } from '../query.ts';
import { SEAL } from './seals.ts';
import type { Seal } from './seals.ts';
import { STORED_EVENT } from './signature.ts';
import type { StoredEvent } from './signature.ts';

/** Ids of events, both included. */
export interface EventRange {
  low: number;
  high: number;
}

const EVENTS_A_PAGE = 2_000;
const SEALS_A_PAGE = 500;

/** All events of a range in the order of their ids, read page by page. */
export async function* readEvents(db: Sequelize, { low, high }: EventRange): AsyncGenerator<StoredEvent, void, void> {
  for (let after = low - 1; ;) {
    const page = await selectRows<StoredEvent>(
      db,
      `SELECT ${STORED_EVENT} FROM audit_events a WHERE a.id > $1 AND a.id <= $2 ORDER BY a.id LIMIT ${EVENTS_A_PAGE}`,
      [after, high],
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_A_PAGE) return;
    after = last.id;
  }
}

/** The seals that cover any id of a range, one after the other. */
export async function* readSeals(db: Sequelize, { low, high }: EventRange): AsyncGenerator<Seal, void, void> {
  for (let after = -1; ;) {
    const page = await selectRows<Seal>(
      db,
      `SELECT ${SEAL} FROM audit_seals s WHERE s.from_event_id > $1 AND s.to_event_id >= $2 AND s.from_event_id <= $3 ORDER BY s.from_event_id LIMIT ${SEALS_A_PAGE}`,
      [after, low, high],
    );
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < SEALS_A_PAGE) return;
    after = last.from_event_id;
  }
}

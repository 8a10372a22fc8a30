import { createHash, createHmac } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { selectRow, selectRows } from '../query.ts';

/** Rows of audit_seals, with times as ISO 8601 to the microsecond. */
export interface Seal {
  id: number;
  from_event_id: number;
  to_event_id: number;
  event_count: number;
  events_hash: Buffer;
  events_until: string;
  previous_seal_hash: Buffer | null;
  seal_hash: Buffer;
}

/** What to select for a Seal, of the table `s`. */
export const SEAL = `s.id, s.from_event_id, s.to_event_id, s.event_count, s.events_hash,
to_char(s.events_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS events_until, s.previous_seal_hash, s.seal_hash`;

/** Seals stay small, so that one that is broken says where, and sealing holds few events at once. */
const EVENTS_A_SEAL = 10_000;
/** Events are sealed when they are this old: by then the transactions that wrote them have ended. Clocks may be wrong by less than this. */
const SETTLED_AFTER = '10 minutes';

/** HMAC-SHA-256 of what a seal says, its predecessor included. */
export const signSeal = (auditKey: Buffer, seal: Omit<Seal, 'id' | 'seal_hash'>): Buffer =>
  createHmac('sha256', auditKey)
    .update(
      JSON.stringify([
        seal.from_event_id,
        seal.to_event_id,
        seal.event_count,
        seal.events_hash.toString('hex'),
        seal.events_until,
        seal.previous_seal_hash?.toString('hex') ?? null,
      ]),
    )
    .digest();

interface EventMark {
  id: number;
  occurred_at: string;
  checksum: Buffer;
  settled: boolean;
  /** Its clock was ahead: its time says nothing of when it was written. */
  ahead: boolean;
}

/**
 * The next events in the order of their ids that are settled, all of one month, so that retention, which drops whole months, never takes part of a seal.
 * A transaction that is still open may hold an id among them only if it began before they were written: nothing younger than the oldest one is taken.
 */
const nextRange = async (db: Sequelize, after: number): Promise<EventMark[]> => {
  const limit = await selectRow<{ settled_until: string; now: string }>(
    db,
    `SELECT (least(now(), min(xact_start)) - interval '${SETTLED_AFTER}')::text AS settled_until, now()::text AS now
     FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL`,
  );
  const marks = await selectRows<EventMark>(
    db,
    `SELECT a.id, to_char(a.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS occurred_at, a.checksum,
       a.occurred_at < $2::timestamptz AS settled, a.occurred_at > $3::timestamptz + interval '${SETTLED_AFTER}' AS ahead
     FROM audit_events a WHERE a.id > $1 ORDER BY a.id LIMIT ${EVENTS_A_SEAL}`,
    [after, limit?.settled_until, limit?.now],
  );
  const young = marks.findIndex(({ settled, ahead }) => !settled && !ahead);
  const before = young === -1 ? marks : marks.slice(0, young);
  const settled = before.slice(0, before.findLastIndex((mark) => mark.settled) + 1);
  const month = settled[0]?.occurred_at.slice(0, 7);
  const other = settled.findIndex(({ occurred_at: at }) => at.slice(0, 7) !== month);
  return other === -1 ? settled : settled.slice(0, other);
};

const sealRange = async (db: Sequelize, auditKey: Buffer, previous: Seal | undefined, marks: readonly EventMark[]): Promise<Seal> => {
  const hash = createHash('sha256');
  for (const { checksum } of marks) hash.update(checksum);
  const facts = {
    from_event_id: previous === undefined ? (marks[0]?.id ?? 1) : previous.to_event_id + 1,
    to_event_id: marks.at(-1)?.id ?? 1,
    event_count: marks.length,
    events_hash: hash.digest(),
    events_until: marks.map(({ occurred_at: at }) => at).reduce((latest, at) => (at > latest ? at : latest), ''),
    previous_seal_hash: previous?.seal_hash ?? null,
  };
  const seal = { ...facts, seal_hash: signSeal(auditKey, facts) };
  const row = await selectRow<{ id: number }>(
    db,
    `INSERT INTO audit_seals (from_event_id, to_event_id, event_count, events_hash, events_until, previous_seal_hash, seal_hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
    [seal.from_event_id, seal.to_event_id, seal.event_count, seal.events_hash, seal.events_until, seal.previous_seal_hash, seal.seal_hash],
  );
  // Without a row another worker has just sealed the same: the next look finds its seal.
  return { ...seal, id: row?.id ?? 0 };
};

/** The newest seal. */
export const lastSeal = (db: Sequelize): Promise<Seal | undefined> =>
  selectRow<Seal>(db, `SELECT ${SEAL} FROM audit_seals s ORDER BY s.from_event_id DESC LIMIT 1`);

/** What was sealed, and the hash of the newest seal, which vouches for all before it. */
export interface Sealed {
  seals: number;
  events: number;
  head: string | null;
}

/** Seals what is settled. Safe to repeat, to run twice at once and to break off between two seals. */
export const sealAudit = async (db: Sequelize, auditKey: Buffer, betweenSeals: () => void = () => {}): Promise<Sealed> => {
  let seals = 0;
  let events = 0;
  for (;;) {
    betweenSeals();
    const previous = await lastSeal(db);
    const marks = await nextRange(db, previous?.to_event_id ?? 0);
    if (marks.length === 0) return { seals, events, head: previous?.seal_hash.toString('hex') ?? null };
    const { id } = await sealRange(db, auditKey, previous, marks);
    if (id === 0) continue;
    seals += 1;
    events += marks.length;
  }
};

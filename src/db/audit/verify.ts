import { createHash, timingSafeEqual } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import type { AuditFinding, AuditVerificationLine, VerifyAudit } from '../../contracts/audit-verification.ts';
import { selectRow } from '../query.ts';
import { droppedUntil } from './dropped-months.ts';
import { readEvents, readSeals } from './read-pages.ts';
import type { EventRange } from './read-pages.ts';
import { SEAL, signSeal } from './seals.ts';
import type { Seal } from './seals.ts';
import { isAsSigned } from './signature.ts';
import type { StoredEvent } from './signature.ts';

const FINDINGS_TOLD = 1_000;
const EVENTS_A_PROGRESS = 20_000;

type Finding = Omit<AuditFinding, 'type'>;

const MOST = Number.MAX_SAFE_INTEGER;

/** What is looked at: ids of events, and the seal before the first one of them. */
interface Scope extends EventRange {
  before: Seal | undefined;
}

/**
 * Which events the times ask for. Seals tell it too, so that a time all of whose events were removed is still looked at, and one of which only a part is
 * asked for is looked at whole.
 */
const scopeOf = async (db: Sequelize, { from, to }: VerifyAudit): Promise<Scope> => {
  const asked = await selectRow<{ low: number | null; high: number | null }>(
    db,
    `SELECT CASE WHEN $1::timestamptz IS NULL THEN 0 ELSE least((SELECT min(id) FROM audit_events WHERE occurred_at >= $1),
         (SELECT min(from_event_id) FROM audit_seals WHERE events_until >= $1)) END AS low,
       CASE WHEN $2::timestamptz IS NULL THEN ${MOST} ELSE greatest((SELECT max(id) FROM audit_events WHERE occurred_at < $2),
         (SELECT max(to_event_id) FROM audit_seals WHERE events_until < $2)) END AS high`,
    [from ?? null, to ?? null],
  );
  const [low, high] = [asked?.low ?? MOST, asked?.high ?? 0];
  const sealed = await selectRow<{ low: number | null; high: number | null }>(
    db,
    'SELECT min(from_event_id) AS low, max(to_event_id) AS high FROM audit_seals WHERE to_event_id >= $1 AND from_event_id <= $2',
    [low, high],
  );
  const scope = { low: Math.min(low, sealed?.low ?? low), high: Math.max(high, sealed?.high ?? high) };
  const before = await selectRow<Seal>(
    db,
    `SELECT ${SEAL} FROM audit_seals s WHERE s.from_event_id < $1 ORDER BY s.from_event_id DESC LIMIT 1`,
    [sealed?.low ?? low],
  );
  return { ...scope, before };
};

const altered = ({ id, occurred_at: at, action }: StoredEvent): Finding => ({
  kind: 'event_altered',
  event_id: id,
  seal_id: null,
  message: `Event ${id} (${action}, ${at}) is not as OpsConductor signed it: it was altered, or put in by somebody without the audit key. Is the audit key (OPSCONDUCTOR_KEYS) that of this database?`,
});

const sealFindings = (auditKey: Buffer, seal: Seal, previous: Seal | undefined): Finding[] => {
  const about = { event_id: null, seal_id: seal.id };
  const findings: Finding[] = [];
  if (!timingSafeEqual(signSeal(auditKey, seal), seal.seal_hash))
    findings.push({ ...about, kind: 'seal_altered', message: `Seal ${seal.id} is not as OpsConductor signed it.` });
  const follows =
    previous === undefined
      ? seal.previous_seal_hash === null
      : seal.from_event_id === previous.to_event_id + 1 && seal.previous_seal_hash?.equals(previous.seal_hash) === true;
  if (!follows)
    findings.push({
      ...about,
      kind: 'seal_missing',
      message: `Before seal ${seal.id} a seal is missing or another one: it begins at event ${seal.from_event_id}, the one before it ${previous === undefined ? 'is not there' : `(${previous.id}) ends at ${previous.to_event_id}`}.`,
    });
  return findings;
};

const rangeFinding = (seal: Seal, count: number, hash: Hash): Finding | undefined => {
  const where = `events ${seal.from_event_id} to ${seal.to_event_id} (until ${seal.events_until})`;
  const about = { event_id: null, seal_id: seal.id };
  if (count < seal.event_count)
    return { ...about, kind: 'events_missing', message: `Of ${where} ${seal.event_count - count} of ${seal.event_count} were removed.` };
  if (count > seal.event_count)
    return { ...about, kind: 'events_added', message: `Among ${where} ${count - seal.event_count} were put in after they were sealed.` };
  if (!hash.digest().equals(seal.events_hash))
    return { ...about, kind: 'events_changed', message: `Among ${where} are others than were sealed, or in another order.` };
  return undefined;
};

/**
 * Verifies the signature of each event and seal, that seals follow each other, and that they cover exactly the events that there are. Reads page by page:
 * memory does not grow with the events.
 * @returns lines as they come to be known; the last one is the verdict.
 */
export async function* verifyAudit(db: Sequelize, auditKey: Buffer, input: VerifyAudit): AsyncGenerator<AuditVerificationLine, void, void> {
  const counts = { events: 0, seals: 0, findings: 0, dropped_seals: 0, unsealed_events: 0 };
  const scope = await scopeOf(db, input);
  let head = scope.before;
  const events = readEvents(db, scope);
  let next = await events.next();
  let dropped = await droppedUntil(db, auditKey);

  const tell = function* (findings: readonly Finding[]): Generator<AuditVerificationLine> {
    for (const finding of findings) {
      counts.findings += 1;
      if (counts.findings <= FINDINGS_TOLD) yield { type: 'finding', ...finding };
    }
  };
  /** Verifies the events up to an id. @returns how many there were. */
  const verifyUpTo = async function* (id: number, hash?: Hash): AsyncGenerator<AuditVerificationLine, number> {
    let count = 0;
    while (!next.done && next.value.id <= id) {
      if (!isAsSigned(auditKey, next.value)) yield* tell([altered(next.value)]);
      hash?.update(next.value.checksum);
      count += 1;
      counts.events += 1;
      if (counts.events % EVENTS_A_PROGRESS === 0) yield { type: 'progress', events: counts.events, seals: counts.seals };
      next = await events.next();
    }
    return count;
  };

  for await (const seal of readSeals(db, scope)) {
    yield* tell(sealFindings(auditKey, seal, head));
    yield* verifyUpTo(seal.from_event_id - 1);
    const hash = createHash('sha256');
    const count = yield* verifyUpTo(seal.to_event_id, hash);
    // Retention may have dropped the month since this began.
    if (count === 0 && !(dropped !== undefined && seal.events_until < dropped)) dropped = await droppedUntil(db, auditKey);
    if (count === 0 && dropped !== undefined && seal.events_until < dropped) counts.dropped_seals += 1;
    else {
      const finding = rangeFinding(seal, count, hash);
      yield* tell(finding === undefined ? [] : [finding]);
    }
    counts.seals += 1;
    head = seal;
  }
  counts.unsealed_events = yield* verifyUpTo(MOST);
  if (input.anchor !== undefined && !(await isThere(db, input.anchor)))
    yield* tell([
      {
        kind: 'anchor_missing',
        event_id: null,
        seal_id: null,
        message: `The seal ${input.anchor} is not there any more: seals were removed, with or without the events that they covered.`,
      },
    ]);
  yield {
    type: 'verdict',
    intact: counts.findings === 0,
    ...counts,
    head: head === undefined ? null : { seal_id: head.id, seal_hash: head.seal_hash.toString('hex'), to_event_id: head.to_event_id },
  };
}

const isThere = async (db: Sequelize, anchor: string): Promise<boolean> =>
  (await selectRow(db, 'SELECT 1 AS there FROM audit_seals WHERE seal_hash = $1', [Buffer.from(anchor, 'hex')])) !== undefined;

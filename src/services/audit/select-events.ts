import type { AuditEvent, AuditExport } from '../../contracts/audit.ts';
import type { Order } from '../../db/keyset.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { iso } from '../iso.ts';

/** By time, of which the indexes are; among equals by number. */
export const EVENT_ORDER: Order<'occurred'> = {
  id: 'a.id',
  sorts: { occurred: { by: 'a.occurred_at', type: 'timestamptz' } },
  sort: '-occurred',
};

/** An event as the API shows it, of the table `a`. */
export const EVENT_COLUMNS = `a.id, ${iso('a.occurred_at')} AS occurred_at, a.event_type, a.action, a.severity, a.actor_type,
(SELECT username FROM users WHERE id = a.user_id) AS username, (SELECT user_uuid FROM users WHERE id = a.user_id) AS user_uuid,
(SELECT name FROM api_tokens WHERE id = a.api_token_id) AS api_token, (SELECT token_uuid FROM api_tokens WHERE id = a.api_token_id) AS api_token_uuid,
a.resource_type, a.resource_id, a.details, host(a.ip_address) AS ip_address, a.user_agent, a.request_id`;

/** A row of EVENT_COLUMNS. */
export type EventRow = AuditEvent & { row_id: number };

/** Placeholders $1 … $11 are those of `filterValues`. */
export const EVENT_FILTERS = `($1::text IS NULL OR a.event_type = $1) AND ($2::text IS NULL OR a.severity = $2)
AND ($3::text IS NULL OR a.user_id = (SELECT id FROM users WHERE lower(username) = lower($3)))
AND ($4::uuid IS NULL OR a.api_token_id = (SELECT id FROM api_tokens WHERE token_uuid = $4))
AND ($5::text IS NULL OR a.resource_type = $5) AND ($6::text IS NULL OR a.resource_id = $6)
AND ($7::inet IS NULL OR a.ip_address = $7) AND ($8::text IS NULL OR a.request_id = $8)
AND ($9::timestamptz IS NULL OR a.occurred_at >= $9) AND ($10::timestamptz IS NULL OR a.occurred_at < $10)
AND ($11::text IS NULL OR a.details::text ILIKE '%' || $11 || '%')`;

export type EventFilters = Omit<AuditExport, 'format'>;

const SEARCH_DAYS = 7;
const DAY_MS = 86_400_000;

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`);

/** Text has no index: a search reads all events of its time. @throws OpsError SCOPE_TOO_WIDE */
const assertNarrow = ({ search, from, to }: EventFilters): void => {
  if (search === undefined) return;
  const width = from === undefined ? Infinity : (to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from);
  if (width <= SEARCH_DAYS * DAY_MS) return;
  throw new OpsError(
    'SCOPE_TOO_WIDE',
    `A search for text looks at ${SEARCH_DAYS} days at most: say \`from\`, and \`to\` if it is not until now. Other filters take any time.`,
  );
};

/** @throws OpsError SCOPE_TOO_WIDE, VALIDATION */
export const filterValues = (filter: EventFilters): unknown[] => {
  assertNarrow(filter);
  if (filter.resource_id !== undefined && filter.resource_type === undefined)
    throw new OpsError('VALIDATION', 'resource_id: say its resource_type too, such as universal_targets.', {
      fields: [{ path: 'resource_type', message: 'must be there with resource_id' }],
    });
  return [
    filter.event_type ?? null,
    filter.severity ?? null,
    filter.user ?? null,
    filter.via ?? null,
    filter.resource_type ?? null,
    filter.resource_id ?? null,
    filter.ip ?? null,
    filter.request_id ?? null,
    filter.from ?? null,
    filter.to ?? null,
    filter.search === undefined ? null : escapeLike(filter.search),
  ];
};

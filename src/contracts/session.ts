import { z } from 'zod';
import { listQuery } from './list.ts';
import { pageOf } from './page.ts';
import { Uuid } from './target.ts';

export const Session = z
  .object({
    session_uuid: Uuid,
    is_current: z.boolean().meta({ description: 'The session that asks.' }),
    ip_address: z.string().nullable().meta({ description: 'Address at the login.' }),
    user_agent: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_activity_at: z.iso.datetime().meta({ description: 'To the minute.' }),
    expires_at: z.iso.datetime().meta({ description: 'Its end, whatever is done.' }),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof Session>;

export const SessionPage = pageOf(Session, 'SessionPage');

export const SessionFilter = listQuery({ item: Session, sorts: ['created'], sort: '-created' }, {});
export type SessionFilter = z.infer<typeof SessionFilter>;

export const SessionStatus = z
  .object({
    session_uuid: Uuid,
    expires_at: z.iso.datetime().meta({ description: 'Its end, whatever is done.' }),
    idle_ends_at: z.iso.datetime().meta({ description: 'Its end if nothing is done.' }),
    seconds_left: z.number().int().min(0).meta({ description: 'Until the earlier of the two.' }),
    is_warning: z.boolean().meta({ description: 'It ends within the setting `warning_time_minutes`.' }),
    warning_seconds: z.number().int(),
  })
  .meta({ id: 'SessionStatus' });
export type SessionStatus = z.infer<typeof SessionStatus>;

export const SessionsEnded = z.object({ ended: z.number().int().min(0) }).meta({ id: 'SessionsEnded' });
export type SessionsEnded = z.infer<typeof SessionsEnded>;

import type { Sequelize } from 'sequelize';
import { recordAudit } from '../../db/record-audit.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { Caller, ServiceDeps } from '../context.ts';

/** Permissions that few have: who asks without them wants to know what is not his, or to have more than he has. */
const WATCHED: ReadonlySet<Permission> = new Set([
  'users.write',
  'settings.write',
  'audit.read',
  'data.export',
  'data.import',
  'tokens.all',
]);
const QUIET_MS = 60_000;
const MOST_REMEMBERED = 10_000;
const PATH_LENGTH = 500;

const toldOf = new WeakMap<Sequelize, Map<string, number>>();

/** A path is a stranger's text, and need not be one that Postgres keeps. */
const storable = (path: string): string => path.replaceAll('\u0000', '%00').toWellFormed().slice(0, PATH_LENGTH);

/** Audits that somebody asked for what he may not, once a minute for each caller and permission, so that nobody fills the trail by asking. */
export const recordRefusal = async (
  { db, keyRing }: Pick<ServiceDeps, 'db' | 'keyRing'>,
  { actor }: Caller,
  permission: Permission,
  { method, path }: { method: string; path: string },
): Promise<void> => {
  if (!WATCHED.has(permission)) return;
  const told = toldOf.get(db) ?? new Map<string, number>();
  toldOf.set(db, told);
  const who = `${actor.userId}/${actor.type === 'api_token' ? actor.apiTokenId : ''}/${permission}`;
  const now = performance.now();
  if (now - (told.get(who) ?? -Infinity) < QUIET_MS) return;
  if (told.size >= MOST_REMEMBERED) told.clear();
  told.set(who, now);
  const event = { eventType: 'security_violation', action: 'refuse_request', severity: 'medium', actor } as const;
  const details = { method, path: storable(path) };
  try {
    await recordAudit(db, keyRing.auditKey, { ...event, resourceType: 'permissions', resourceId: permission, details });
  } catch (error) {
    // What is on no record must not silence what comes next.
    told.delete(who);
    throw error;
  }
};

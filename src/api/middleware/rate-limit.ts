import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { Settings } from '../../contracts/settings.ts';
import type { Allowance, RateLimits } from '../../db/rate-limits.ts';
import type { ReadSettings } from '../../db/settings.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { networkOf } from '../client-address.ts';
import type { ApiEnv } from '../env.ts';

type LimitSetting = 'rate_limit_token_per_minute' | 'rate_limit_address_per_minute' | 'rate_limit_login_per_minute';

export interface LimitDeps {
  limits: RateLimits;
  readSettings: ReadSettings;
}

/** Who watches over a server must not be told that it is away because it asks often. */
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz']);

/** @returns undefined: there is none. The settings are of the database; while it is away nothing is limited. */
const limitOf = async (readSettings: ReadSettings, setting: LimitSetting): Promise<number | undefined> => {
  const settings: Settings | undefined = await readSettings().catch(() => undefined);
  return settings === undefined || settings[setting] === 0 ? undefined : settings[setting];
};

/** Several limits may hold for a request: its answer tells of the one that ends first. */
const tell = (c: Context<ApiEnv>, allowance: Allowance): void => {
  const told = c.get('allowance') as Allowance | undefined;
  if (told !== undefined && told.remaining <= allowance.remaining) return;
  c.set('allowance', allowance);
  c.header('RateLimit-Limit', String(allowance.limit));
  c.header('RateLimit-Remaining', String(allowance.remaining));
  c.header('RateLimit-Reset', String(allowance.resetSeconds));
};

const refuse = ({ limit, resetSeconds }: Allowance, whose: string, setting: LimitSetting): OpsError =>
  new OpsError(
    'RATE_LIMITED',
    `${whose} may send ${limit} requests a minute (setting ${setting}). Nothing was done; try again in ${resetSeconds} seconds.`,
    { retryAfterSeconds: resetSeconds },
  );

/** Every request counts for its address, before anybody looks at its token. */
export const limitAddress = ({ limits, readSettings }: LimitDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { ipAddress } = c.get('request');
    if (ipAddress === undefined || PROBES.has(c.req.path)) return next();
    const limit = await limitOf(readSettings, 'rate_limit_address_per_minute');
    if (limit === undefined) return next();
    const allowance = limits.take(`address/${networkOf(ipAddress)}`, limit);
    tell(c, allowance);
    if (allowance.isRefused) throw refuse(allowance, 'One address', 'rate_limit_address_per_minute');
    return next();
  });

/** What is known to come from a session or an API token counts for it. */
export const limitToken = ({ limits, readSettings }: LimitDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { tokenUuid, sessionUuid } = c.get('caller');
    const limit = await limitOf(readSettings, 'rate_limit_token_per_minute');
    if (limit === undefined) return next();
    const allowance = limits.take(tokenUuid === undefined ? `session/${sessionUuid}` : `token/${tokenUuid}`, limit);
    tell(c, allowance);
    if (allowance.isRefused) throw refuse(allowance, 'One token', 'rate_limit_token_per_minute');
    return next();
  });

/** Logins are counted exactly, also those that succeed. */
export const limitLogin = ({ limits, readSettings }: LimitDeps) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const { ipAddress } = c.get('request');
    if (ipAddress === undefined) return next();
    const limit = await limitOf(readSettings, 'rate_limit_login_per_minute');
    if (limit === undefined) return next();
    const allowance = await limits.takeExactly(`login/${networkOf(ipAddress)}`, limit);
    tell(c, allowance);
    if (allowance.isRefused) throw refuse(allowance, 'For logins one address', 'rate_limit_login_per_minute');
    return next();
  });

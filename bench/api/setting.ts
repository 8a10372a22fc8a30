import type { ApiClient } from '../support/api-client.ts';
import type { BenchSshd } from '../support/sshd.ts';
import { UP_PART } from '../support/start-platform.ts';
import type { BenchPlatform } from '../support/start-platform.ts';
import type { MeasuredPart } from '../support/usage.ts';
import { SERVER_PART } from './part.ts';

/** What the parts share that work on one `opsconductor up`. */
export interface Setting {
  api: ApiClient;
  platform: BenchPlatform;
  sshd: BenchSshd;
  /** Its targets. */
  targets: string[];
  databaseUrl: string;
  /** Of Temporal. */
  address: string;
  stack: AsyncDisposableStack;
}

/** Who asks as much as here would be told to wait. */
export const turnLimitsOff = (api: ApiClient): Promise<void> =>
  api.patch('/settings', { values: { rate_limit_address_per_minute: 0, rate_limit_token_per_minute: 0 } });

/** The servers of an `up`; the process that answers is called as it is everywhere here. */
export const serversOf = ({ parts }: BenchPlatform): MeasuredPart[] =>
  parts.map((part) => (part.name === UP_PART ? { ...part, name: SERVER_PART } : part));

import type { Caller } from '../services/context.ts';
import type { RequestFacts } from '../db/record-audit.ts';

/** What middleware leaves for handlers. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    request: RequestFacts;
    caller: Caller;
  };
}

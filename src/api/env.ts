import type { Caller } from '../services/context.ts';
import type { Expected } from '../services/revision.ts';
import type { ErrorCode } from '../domain/ops-error.ts';
import type { Commits } from '../db/note-commits.ts';
import type { Allowance } from '../db/rate-limits.ts';
import type { RequestFacts } from '../db/record-audit.ts';

/** What is known of a route while it answers. */
export interface RouteFacts {
  operationId: string;
  /** Codes that it declares. */
  problems: readonly ErrorCode[];
  /** Fields of the answer that are shown only once. */
  once: readonly string[];
  streams: Streams | undefined;
  rate: Rate;
}

/** `login`: whoever is not known yet tries a secret, which is limited apart. */
export type Rate = 'login' | undefined;

/** The answer comes bit by bit: it is neither compressed nor cut off after a time. */
export type Streams = 'sse' | 'ndjson' | 'bytes';

/** What middleware leaves for handlers. */
export interface ApiEnv {
  Variables: {
    requestId: string;
    request: RequestFacts;
    /** A trusted proxy says that the caller came by HTTPS. */
    isEncrypted: boolean;
    /** Of the limits that hold for the request, the one that ends first. */
    allowance: Allowance;
    /** Of the route that answers; middleware around it may look at it after `next()`. */
    route: RouteFacts;
    caller: Caller;
    /** Serial of the run that the request has started, for the log. */
    execution: string;
    /** What the handler has committed so far. */
    commits: Commits;
    /** What `If-Match` says, on routes that take it. */
    expected: Expected;
  };
}

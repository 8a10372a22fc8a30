/** What every call takes, beside what its operation takes. */
export interface CallOptions {
  /** Ends the call, which then rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** Told of the answer of a call that succeeded; its headers hold the ETag for `ifMatch`, the id of the request and what is left of the rate limit. */
  onAnswer?: ((answer: { status: number; headers: Headers }) => void) | undefined;
}

/** A call that is done once, however often it is sent with the same key. */
export interface KeyedOptions extends CallOptions {
  /** Default: a new one for the call, which all its repeats have. */
  idempotencyKey?: string | undefined;
}

/** A stream of events. */
export interface EventOptions extends CallOptions {
  /** The stream goes on after the event with this id. */
  lastEventId?: string | undefined;
  /** Told when the stream breaks and when it is back. */
  onConnection?: ((isUp: boolean) => void) | undefined;
  /** A connection on which nothing comes for so many milliseconds is opened anew; default 20,000. */
  silenceMs?: number | undefined;
}

/** One event of a stream. */
export interface ServerEvent<Type extends string = string, Data = unknown> {
  type: Type;
  id: string;
  data: Data;
}

/** What is known of an operation when it is called. */
export interface OperationShape {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With a `{name}` for each of the first arguments. */
  path: string;
  query?: readonly string[];
  headers?: readonly string[];
  takesKey?: true;
  /** `json`, which a Blob of another type may stand for where the operation takes it, or the media type of a file. */
  body?: string;
  answer: 'json' | 'nothing' | 'events' | 'lines' | 'bytes';
  /** Statuses beside those of success that are answered alike: what was asked for, and no problem. */
  alsoAnswers?: readonly number[];
  /** Types of its events; those of a newer server are left out. */
  events?: readonly string[];
}

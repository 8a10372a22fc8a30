/** What is said of a span beside its name; never a value that somebody gave, which may be secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  kind?: 'server' | 'client' | 'internal';
  /** Trace context (`traceparent` of W3C) of what asked for the work; left out: the span in which this is called. */
  parent?: string | undefined;
  attributes?: SpanAttributes;
}

/** A span while its work goes on. */
export interface OpenSpan {
  rename(name: string): void;
  set(attributes: SpanAttributes): void;
}

/** A span that was measured elsewhere. */
export interface EndedSpan {
  name: string;
  parent: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  startedAtMs: number;
  endedAtMs: number;
  hasFailed: boolean;
  attributes: SpanAttributes;
}

/** Where spans go. */
export interface Tracing {
  span<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** `traceparent` of the span in which this is called. */
  current(): string | undefined;
  record(span: EndedSpan): void;
  /** Sends what has not been sent; waits some seconds at most. */
  flush(): Promise<void>;
}

let tracing: Tracing | undefined;

/** Traces are written from now on; belongs to the process, and comes before its parts are made. */
export const useTracing = (used: Tracing | undefined): void => {
  tracing = used;
};

/** Undefined when nothing is traced, which is so unless OTEL_ variables ask for it. */
export const currentTracing = (): Tracing | undefined => tracing;

/** The header of Temporal in which its SDKs carry a trace context, as `{ traceparent }`. */
export const TRACE_HEADER = '_tracer-data';

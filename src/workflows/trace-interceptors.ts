import { ContinueAsNew, defaultPayloadConverter, proxySinks, workflowInfo } from '@temporalio/workflow';
import type { Headers, Sinks, WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** The header of Temporal in which its SDKs carry a trace context. */
const HEADER = '_tracer-data';

/** A workflow that has ended, as a span. */
export interface WorkflowSpan {
  type: string;
  parent: string;
  spanId: string;
  startedAtMs: number;
  endedAtMs: number;
  hasFailed: boolean;
}

export interface TraceSinks extends Sinks {
  trace: { workflowEnded(span: WorkflowSpan): void };
}

const { trace } = proxySinks<TraceSinks>();

const readParent = (headers: Headers): string | undefined => {
  const payload = headers[HEADER];
  if (payload === undefined) return undefined;
  const carrier: { traceparent?: unknown } | undefined = defaultPayloadConverter.fromPayload(payload);
  return typeof carrier?.traceparent === 'string' ? carrier.traceparent : undefined;
};

/**
 * Hands the trace context of a workflow on to what it starts, and tells of its end. Nothing is awaited and no random number is drawn, so that
 * histories replay with it and without: the id of the span is that of the run, cut.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  let carried: Headers = {};
  const withTrace = <Input extends { headers: Headers }>(input: Input): Input => ({ ...input, headers: { ...input.headers, ...carried } });
  return {
    inbound: [
      {
        execute(input, next) {
          const parent = readParent(input.headers);
          if (parent === undefined) return next(input);
          const { runId, workflowType: type } = workflowInfo();
          const spanId = runId.replaceAll('-', '').slice(0, 16);
          const traceparent = parent.replace(/-[0-9a-f]{16}-/, `-${spanId}-`);
          carried = { [HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
          const startedAtMs = Date.now();
          const report = (hasFailed: boolean): void =>
            trace.workflowEnded({ type, parent, spanId, startedAtMs, endedAtMs: Date.now(), hasFailed });
          const result = next(input);
          result.then(
            () => report(false),
            (error: unknown) => report(!(error instanceof ContinueAsNew)),
          );
          return result;
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withTrace(input)),
        scheduleLocalActivity: (input, next) => next(withTrace(input)),
        startChildWorkflowExecution: (input, next) => next(withTrace(input)),
        continueAsNew: (input, next) => next(withTrace(input)),
      },
    ],
  };
};

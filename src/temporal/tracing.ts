import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, InjectedSinks, WorkerOptions } from '@temporalio/worker';
import { TRACE_HEADER, currentTracing } from '../tracing/trace.ts';
import type { Tracing } from '../tracing/trace.ts';
import type { TraceSinks } from '../workflows/trace-interceptors.ts';

const parentOf = (headers: Headers): string | undefined => {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return undefined;
  const carrier: { traceparent?: unknown } | undefined = defaultPayloadConverter.fromPayload(payload);
  return typeof carrier?.traceparent === 'string' ? carrier.traceparent : undefined;
};

/** Hands the trace context of whoever starts a workflow on to it. */
const clientInterceptor = (tracing: Tracing): WorkflowClientInterceptor => ({
  startWithDetails: (input, next) =>
    tracing.span(
      `StartWorkflow ${input.workflowType}`,
      { kind: 'client', attributes: { 'temporal.workflow.id': input.options.workflowId } },
      () => {
        const traceparent = tracing.current();
        const headers = traceparent === undefined ? {} : { [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
        return next({ ...input, headers: { ...input.headers, ...headers } });
      },
    ),
});

/** Interceptors of a client; none unless traces are asked for. */
export const clientTracing = (): { interceptors?: { workflow: WorkflowClientInterceptor[] } } => {
  const tracing = currentTracing();
  return tracing === undefined ? {} : { interceptors: { workflow: [clientInterceptor(tracing)] } };
};

const activityInterceptors =
  (tracing: Tracing): ActivityInterceptorsFactory =>
  ({ info }) => ({
    inbound: {
      execute(input, next) {
        const parent = parentOf(input.headers);
        // What the platform does by itself, such as its schedules, belongs to nobody's trace.
        if (parent === undefined) return next(input);
        const attributes = {
          'temporal.activity.id': info.activityId,
          'temporal.activity.attempt': info.attempt,
          ...(info.workflowExecution !== undefined && { 'temporal.workflow.id': info.workflowExecution.workflowId }),
        };
        return tracing.span(`RunActivity ${info.activityType}`, { parent, attributes }, () => next(input));
      },
    },
  });

const sinks = (tracing: Tracing): InjectedSinks<TraceSinks> => ({
  trace: {
    workflowEnded: {
      fn: ({ workflowId, runId }, { type, ...span }) =>
        tracing.record({
          ...span,
          name: `RunWorkflow ${type}`,
          attributes: { 'temporal.workflow.id': workflowId, 'temporal.workflow.run_id': runId },
        }),
      callDuringReplay: false,
    },
  },
});

/** Interceptors and sinks of a worker, whose bundle has those of workflows; none unless traces are asked for. */
export const workerTracing = (): Pick<WorkerOptions, 'interceptors' | 'sinks'> => {
  const tracing = currentTracing();
  return tracing === undefined ? {} : { interceptors: { activity: [activityInterceptors(tracing)] }, sinks: sinks(tracing) };
};

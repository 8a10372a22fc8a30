import type { Context, Span } from '@opentelemetry/api';
import { useTracing } from './trace.ts';
import type { SpanOptions, Tracing } from './trace.ts';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const FLUSH_LIMIT_MS = 3_000;
const KINDS = { internal: 0, server: 1, client: 2 } as const;
const FAILED = 2;

interface Place {
  traceId: string;
  spanId: string;
  traceFlags: number;
}

const readPlace = (traceparent: string | undefined): Place | undefined => {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  return traceId === undefined || spanId === undefined || flags === undefined
    ? undefined
    : { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
};

const placeText = ({ traceId, spanId, traceFlags }: Place): string => `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

const timeOf = (ms: number): [seconds: number, nanoseconds: number] => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];

/**
 * Sends spans by OTLP over HTTP until the process ends. The packages are loaded only here. Sampling, headers and names are those of the usual
 * OTEL_ variables, which the packages read.
 * @param url of the collector, with its path.
 */
export const startTracing = async (url: string, version: string): Promise<Tracing> => {
  const api = await import('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
  const { BasicTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base');
  const { detectResources, envDetector, resourceFromAttributes } = await import('@opentelemetry/resources');
  const own = resourceFromAttributes({ 'service.name': 'opsconductor', 'service.version': version });
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url }));
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('opsconductor', version);

  const contextOf = (parent: string | undefined): Context => {
    const place = readPlace(parent);
    return place === undefined ? api.context.active() : api.trace.setSpanContext(api.context.active(), { ...place, isRemote: true });
  };
  const begin = (name: string, { kind = 'internal', attributes = {} }: SpanOptions, parent: Context): Span =>
    tracer.startSpan(name, { kind: KINDS[kind], attributes }, parent);

  const tracing: Tracing = {
    async span(name, options, work) {
      const parent = contextOf(options.parent);
      const span = begin(name, options, parent);
      try {
        return await api.context.with(api.trace.setSpan(parent, span), () =>
          work({ rename: (other) => void span.updateName(other), set: (attributes) => void span.setAttributes(attributes) }),
        );
      } catch (error) {
        // Messages may hold what somebody gave.
        span.setStatus({ code: FAILED, message: error instanceof Error ? error.name : '' });
        throw error;
      } finally {
        span.end();
      }
    },
    current() {
      const place = api.trace.getSpanContext(api.context.active());
      return place === undefined ? undefined : placeText(place);
    },
    record({ name, parent, spanId, startedAtMs, endedAtMs, hasFailed, attributes }) {
      const place = readPlace(parent);
      if (place === undefined) return;
      const context = { ...place, spanId };
      processor.onEnd({
        name,
        kind: KINDS.internal,
        spanContext: () => context,
        parentSpanContext: place,
        startTime: timeOf(startedAtMs),
        endTime: timeOf(endedAtMs),
        duration: timeOf(endedAtMs - startedAtMs),
        status: { code: hasFailed ? FAILED : 0 },
        attributes,
        links: [],
        events: [],
        ended: true,
        resource,
        instrumentationScope: { name: 'opsconductor', version },
        droppedAttributesCount: 0,
        droppedEventsCount: 0,
        droppedLinksCount: 0,
      });
    },
    async flush() {
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, FLUSH_LIMIT_MS);
      await Promise.race([processor.forceFlush().catch(() => undefined), limit.promise]);
      clearTimeout(timer);
    },
  };
  useTracing(tracing);
  return tracing;
};

import { MetricsBuffer } from '@temporalio/worker';
import type { Registry } from '../metrics/registry.ts';

type Update = ReturnType<MetricsBuffer['retrieveUpdates']> extends Iterable<infer One> ? One : never;

const DRAIN_MS = 1_000;
const MOST_UPDATES = 100_000;
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600];
const COUNTS = [1, 2, 5, 10, 50, 100, 1_000, 10_000];

/** Suffixes that Prometheus expects: `_total` of what only grows, `_seconds` of what is a time. */
const nameOf = ({ name, unit, kind }: Update['metric']): string => {
  const plain = name.replaceAll(/\W/g, '_');
  if (kind === 'counter') return plain.endsWith('_total') ? plain : `${plain}_total`;
  return unit === 's' || unit === 'seconds' ? `${plain.replace(/_seconds$/, '')}_seconds` : plain;
};

const record = (registry: Registry, { metric, value, attributes }: Update): void => {
  const name = nameOf(metric);
  const help = `${metric.description === undefined || metric.description === '' ? metric.name : metric.description} (Temporal SDK)`;
  const labels = Object.fromEntries(Object.entries(attributes).map(([key, text]) => [key.replaceAll(/\W/g, '_'), String(text)]));
  if (metric.kind === 'counter') registry.counter(name, help).add(labels, value);
  else if (metric.kind === 'gauge') registry.gauge(name, help).set(labels, value);
  else registry.histogram(name, help, name.endsWith('_seconds') ? SECONDS : COUNTS).observe(labels, value);
};

/** What the SDK measures of itself, for `Runtime.install`; it is taken over every second from `start` on. */
export const createSdkMetrics = (registry: Registry) => {
  const buffer = new MetricsBuffer({ maxBufferSize: MOST_UPDATES, useSecondsForDurations: true });
  const take = (): void => {
    for (const update of buffer.retrieveUpdates()) record(registry, update);
  };
  return {
    buffer,
    start(): void {
      registry.beforeText(take);
      setInterval(take, DRAIN_MS).unref();
    },
  };
};

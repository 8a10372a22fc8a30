/** Names and values that tell series of one metric apart. Few values each: every combination is kept. */
export type Labels = Readonly<Record<string, string>>;
type Kind = 'counter' | 'gauge' | 'histogram';

export interface Counter {
  add(labels: Labels, value?: number): void;
  /** For what is counted elsewhere. */
  set(labels: Labels, total: number): void;
}
export interface Gauge {
  set(labels: Labels, value: number): void;
  /** Forgets all series, so that those that are gone are not told for ever. */
  reset(): void;
}
export interface Histogram {
  observe(labels: Labels, value: number): void;
}

/** Measurements of this process, and their text in the exposition format of Prometheus. */
export interface Registry {
  /** A metric that was made before is given again. @param name ends with `_total` */
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** @param buckets upper bounds, rising; in base units, as all values are. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  /** Is called before each text is made. What it throws leaves its metrics as they were. */
  beforeText(collect: () => void | Promise<void>): void;
  text(): Promise<string>;
}

interface Series {
  labels: string;
  value: number;
  /** Of a histogram: observations by bucket, not summed up; their sum is `value`. */
  counts: number[];
}
interface Metric {
  kind: Kind;
  help: string;
  buckets: readonly number[];
  series: Map<string, Series>;
}

/** Beyond this a metric takes no new series: a label that grows without end must not take the memory with it. */
const MOST_SERIES = 2_000;

const escapeValue = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const labelText = (labels: Labels): string =>
  Object.keys(labels)
    .toSorted()
    .map((name) => `${name}="${escapeValue(labels[name] ?? '')}"`)
    .join(',');
const numberText = (value: number): string => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value));
const line = (name: string, labels: string, value: number): string => `${name}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`;

const histogramLines = (name: string, { buckets }: Metric, { labels, value, counts }: Series): string[] => {
  const within = (bound: string): string => (labels === '' ? `le="${bound}"` : `${labels},le="${bound}"`);
  let sum = 0;
  const lines = [...buckets, Number.POSITIVE_INFINITY].map((bound, index) => {
    sum += counts[index] ?? 0;
    return line(`${name}_bucket`, within(numberText(bound)), sum);
  });
  return [...lines, line(`${name}_sum`, labels, value), line(`${name}_count`, labels, sum)];
};

const metricLines = (name: string, metric: Metric): string[] => {
  const series = [...metric.series.values()];
  const lines = series.flatMap((one) =>
    metric.kind === 'histogram' ? histogramLines(name, metric, one) : [line(name, one.labels, one.value)],
  );
  return [`# HELP ${name} ${escapeHelp(metric.help)}`, `# TYPE ${name} ${metric.kind}`, ...lines];
};

export const createRegistry = (): Registry => {
  const metrics = new Map<string, Metric>();
  const collectors: (() => void | Promise<void>)[] = [];

  const metricOf = (name: string, kind: Kind, help: string, buckets: readonly number[] = []): Metric => {
    const metric = metrics.get(name) ?? { kind, help, buckets, series: new Map<string, Series>() };
    metrics.set(name, metric);
    return metric;
  };
  const seriesOf = ({ series, buckets }: Metric, labels: Labels): Series => {
    const key = labelText(labels);
    const known = series.get(key);
    if (known !== undefined) return known;
    const made = { labels: key, value: 0, counts: buckets.length === 0 ? [] : Array.from({ length: buckets.length + 1 }, () => 0) };
    if (series.size < MOST_SERIES) series.set(key, made);
    return made;
  };

  return {
    counter(name, help) {
      const metric = metricOf(name, 'counter', help);
      return {
        add(labels, value = 1) {
          seriesOf(metric, labels).value += value;
        },
        set(labels, total) {
          seriesOf(metric, labels).value = total;
        },
      };
    },
    gauge(name, help) {
      const metric = metricOf(name, 'gauge', help);
      return {
        set(labels, value) {
          seriesOf(metric, labels).value = value;
        },
        reset: () => metric.series.clear(),
      };
    },
    histogram(name, help, buckets) {
      const metric = metricOf(name, 'histogram', help, buckets);
      return {
        observe(labels, value) {
          const series = seriesOf(metric, labels);
          const index = metric.buckets.findIndex((bound) => value <= bound);
          const at = index === -1 ? metric.buckets.length : index;
          series.counts[at] = (series.counts[at] ?? 0) + 1;
          series.value += value;
        },
      };
    },
    beforeText: (collect) => void collectors.push(collect),
    async text() {
      await Promise.allSettled(collectors.map(async (collect) => collect()));
      const told = [...metrics].filter(([, { series }]) => series.size > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return told
        .flatMap(([name, metric]) => metricLines(name, metric))
        .join('\n')
        .concat('\n');
    },
  };
};

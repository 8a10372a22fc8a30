import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from './registry.ts';

const MICROSECONDS = 1e6;
const NANOSECONDS = 1e9;

/** Memory, CPU and event loop of this process, under the names that dashboards know. */
export const addProcessMetrics = (registry: Registry, version: string): void => {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAt = Date.now() / 1_000 - process.uptime();
  registry.gauge('opsconductor_build_info', 'Version of this build; the value is always 1.').set({ version, node: process.version }, 1);
  registry.gauge('process_start_time_seconds', 'When this process started, since 1970.').set({}, startedAt);
  const cpu = registry.counter('process_cpu_seconds_total', 'CPU time that this process has used.');
  const memory = registry.gauge('process_resident_memory_bytes', 'Resident memory of this process.');
  const heap = registry.gauge('nodejs_heap_size_used_bytes', 'Memory of the JavaScript heap in use.');
  const lag = registry.gauge('nodejs_eventloop_lag_seconds', 'Delay of the event loop since the last scrape, by percentile.');
  registry.beforeText(() => {
    const { user, system } = process.cpuUsage();
    cpu.set({}, (user + system) / MICROSECONDS);
    const { rss, heapUsed } = process.memoryUsage();
    memory.set({}, rss);
    heap.set({}, heapUsed);
    for (const percentile of [50, 99]) lag.set({ percentile: String(percentile) }, delay.percentile(percentile) / NANOSECONDS);
    delay.reset();
  });
};

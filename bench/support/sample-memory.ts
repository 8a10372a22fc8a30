import { memoryMib } from './usage.ts';

const EVERY_MS = 100;

/** Looks at the memory of a process until it is stopped. */
export interface MemorySampler extends Disposable {
  /** The largest that was seen, in MiB; undefined without /proc. */
  peakMib(): number | undefined;
}

export const sampleMemory = (pid: number): MemorySampler => {
  let peak: number | undefined;
  const look = (): void => {
    const now = memoryMib(pid, 'VmRSS');
    if (now !== undefined) peak = Math.max(peak ?? 0, now);
  };
  const timer = setInterval(look, EVERY_MS).unref();
  return {
    peakMib() {
      look();
      return peak;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
};

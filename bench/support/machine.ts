import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** The machine that a number belongs to. */
export const describeMachine = () => ({
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryMib: Math.round(totalmem() / 1_048_576),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
  /** Over the last minute; well above 0 before the start means that others were working too. */
  loadAverage: loadavg()[0] ?? 0,
});

export type Machine = ReturnType<typeof describeMachine>;

export const machineLine = ({ cores, cpu, memoryMib, system, node, loadAverage }: Machine): string =>
  `${cores} cores (${cpu}), ${memoryMib} MiB, ${system}, Node ${node}, load ${loadAverage.toFixed(2)}`;

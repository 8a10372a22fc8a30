import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../../domain/ops-error.ts';
import { childProcesses } from './child-processes.ts';

/** One sshd in the foreground. */
export interface SshdProcess {
  readonly pid: number;
  /** Waits until the address accepts connections. @throws OpsError UNAVAILABLE, with what sshd said, when it ended or takes over 10 s. */
  untilAccepting(address: string, port: number): Promise<void>;
  /** Ends the server, its open connections and what runs over them. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 10_000;
const POLL_MS = 15;
const LARGEST_LOG = 16_384;

const accepts = async (host: string, port: number): Promise<boolean> => {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const signalQuietly = (pid: number, signal: 'SIGSTOP' | 'SIGKILL'): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
};

/** All that descends from a process, brought to a halt so that nothing new is born between the look and the kill. */
const haltChildren = async (pid: number): Promise<Set<number>> => {
  const halted = new Set<number>();
  for (;;) {
    const fresh = (await childProcesses([pid])).filter((child) => !halted.has(child));
    if (fresh.length === 0) return halted;
    for (const child of fresh) {
      signalQuietly(child, 'SIGSTOP');
      halted.add(child);
    }
  }
};

/** Starts `sshd -D -e -f file`. The file must be readable; nothing is known of the server before `untilAccepting`. */
export const startSshdProcess = (sshd: string, configFile: string): SshdProcess => {
  const child = spawn(sshd, ['-D', '-e', '-f', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = Promise.withResolvers<void>();
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LARGEST_LOG);
  });
  child.on('error', (error) => {
    log += error.message;
    ended.resolve();
  });
  child.on('close', () => ended.resolve());
  const hasEnded = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const pid = child.pid ?? 0;

  return {
    pid,
    async untilAccepting(address, port) {
      const deadline = performance.now() + START_LIMIT_MS;
      while (!(await accepts(address, port))) {
        if (hasEnded() || performance.now() > deadline) {
          if (hasEnded()) await ended.promise;
          throw new OpsError('UNAVAILABLE', `sshd did not start on ${address} port ${port}: ${log.trim() || 'it said nothing'}`);
        }
        await sleep(POLL_MS);
      }
    },
    async stop() {
      if (hasEnded()) return;
      const children = await haltChildren(pid);
      child.kill('SIGTERM');
      for (const orphan of children) signalQuietly(orphan, 'SIGKILL');
      await ended.promise;
    },
  };
};

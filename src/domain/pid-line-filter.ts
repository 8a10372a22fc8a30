const PREFIX = Buffer.from('opsconductor-pid:');
const NEWLINE = 0x0a;

/** A login script that prints more than this before the program starts is output, not noise. */
const LARGEST_NOISE_BYTES = 65_536;

/** Takes the line that tells the process id out of standard output, with whatever login scripts printed before it. */
export interface PidLineFilter {
  /** The process id, once its line was seen. */
  readonly pid: number | undefined;
  /** The part of the chunk that belongs to the program; empty until the line was seen. */
  push(chunk: Buffer): Buffer;
  /** What is still held back at the end: a host that never ran our line (a refused login shell, a forced command) says why there. */
  end(): Buffer;
}

interface PidLine {
  pid: number;
  end: number;
}

const findPidLine = (bytes: Buffer): PidLine | undefined => {
  const start = bytes.indexOf(PREFIX);
  const end = start < 0 ? -1 : bytes.indexOf(NEWLINE, start);
  if (end < 0) return undefined;
  const pid = Number(bytes.toString('latin1', start + PREFIX.length, end));
  return { pid, end: end + 1 };
};

/** Makes a filter for one program. It holds at most 64 KiB. */
export const createPidLineFilter = (): PidLineFilter => {
  let held: Buffer = Buffer.alloc(0);
  let isPassing = false;
  let pid: number | undefined;

  const release = (from: number): Buffer => {
    const rest = held.subarray(from);
    held = Buffer.alloc(0);
    isPassing = true;
    return rest;
  };

  return {
    get pid() {
      return pid;
    },
    push(chunk) {
      if (isPassing) return chunk;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const line = findPidLine(held);
      if (line !== undefined) {
        pid = Number.isSafeInteger(line.pid) && line.pid > 1 ? line.pid : undefined;
        return release(line.end);
      }
      return held.length > LARGEST_NOISE_BYTES ? release(0) : Buffer.alloc(0);
    },
    end: () => release(0),
  };
};

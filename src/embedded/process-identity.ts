import { readFile } from 'node:fs/promises';
import { runCommand } from './run-command.ts';

export interface ProcessIdentity {
  pid: number;
  /** Differs between two processes that had the same pid one after the other, also across a reboot. */
  startedAt: string;
  commandLine: string;
}

const ASK_TIMEOUT_MS = 10_000;
/** `Mon Nov 23 17:21:00 2026`: ps pads lstart to this width. */
const LSTART_WIDTH = 24;
const WINDOWS_QUERY = (pid: number): string =>
  `Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}' | ForEach-Object { $_.CreationDate.ToString('yyyyMMddTHHmmss.ffffffZ') + ' ' + $_.CommandLine }`;

const onLinux = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const [stat, commandLine, boot] = await Promise.all([
    read(`/proc/${pid}/stat`),
    read(`/proc/${pid}/cmdline`),
    read('/proc/sys/kernel/random/boot_id'),
  ]);
  // The second field is the program's name in parentheses and may hold anything: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === undefined || startTicks === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, startedAt: `${boot.trim()}:${startTicks}`, commandLine: commandLine.split('\0').join(' ').trim() };
};

const onUnix = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/bin:/usr/bin' };
  const args = ['-ww', '-o', 'stat=', '-o', 'lstart=', '-o', 'command=', '-p', String(pid)];
  const { stdout } = await runCommand('ps', args, { timeoutMs: ASK_TIMEOUT_MS, env });
  const [, state = 'Z', rest = ''] = /^\s*(\S+)\s+(.*)/s.exec(stdout) ?? [];
  if (state.startsWith('Z')) return undefined;
  return { pid, startedAt: rest.slice(0, LSTART_WIDTH).trim(), commandLine: rest.slice(LSTART_WIDTH).trim() };
};

const onWindows = async (pid: number): Promise<ProcessIdentity | undefined> => {
  const args = ['-NoProfile', '-NonInteractive', '-Command', WINDOWS_QUERY(pid)];
  const { stdout } = await runCommand('powershell.exe', args, { timeoutMs: ASK_TIMEOUT_MS });
  const [, startedAt, commandLine = ''] = /^(\S+) ?(.*)/.exec(stdout.trim()) ?? [];
  return startedAt === undefined ? undefined : { pid, startedAt, commandLine };
};

/** Who a pid is, or undefined when no such process runs. A zombie counts as gone: it holds neither ports nor files. */
export const processIdentity = (pid: number): Promise<ProcessIdentity | undefined> => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return Promise.resolve(undefined);
  if (process.platform === 'linux') return onLinux(pid);
  return process.platform === 'win32' ? onWindows(pid) : onUnix(pid);
};

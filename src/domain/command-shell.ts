import type { CommunicationMethodType } from '../contracts/enums.ts';
import type { CommandShell, Endpoint } from '../contracts/transport.ts';

/** A method as far as it says what is at its other end. */
export interface ShellMethod {
  methodType: CommunicationMethodType;
  config: Readonly<Record<string, unknown>>;
}

/** Device types whose machines always run Windows. The others may, so that only a method can say it of them. */
const WINDOWS_TYPE = /^(?:windows.*|hyper_v|exchange)$/;
const isWindowsShell = (shell: unknown): shell is 'cmd' | 'powershell' => shell === 'cmd' || shell === 'powershell';

/**
 * What is at the other end of a method. WinRM is Windows whatever the target is said to be, a telnet login with a shell is not; SSH is either, and the
 * method's `shell` says it better than the target's type does.
 */
export const platformOf = ({ methodType, config }: ShellMethod, osType: string): Endpoint['platform'] => {
  if (methodType === 'winrm') return 'windows';
  if (methodType !== 'ssh') return 'posix';
  const { shell } = config;
  if (shell === undefined) return WINDOWS_TYPE.test(osType) ? 'windows' : 'posix';
  return isWindowsShell(shell) ? 'windows' : 'posix';
};

/**
 * What reads the text of a command over a method: a session declares it, a plan foretells it. Both ask here, so that no value is ever quoted for
 * another reader than the one that gets it.
 */
export const commandShellOf = ({ methodType, config, platform }: ShellMethod & Pick<Endpoint, 'platform'>): CommandShell => {
  const { shell } = config;
  if (methodType === 'telnet') return shell === 'none' ? 'header' : 'posix_shell';
  if (methodType !== 'winrm' && platform === 'posix') return 'posix_shell';
  return isWindowsShell(shell) ? shell : 'cmd';
};

/** @param type of a script, as its action names it @returns why none of it runs at the other end of a method whose commands this shell reads. */
export const scriptProblem = (type: unknown, shell: CommandShell): string | undefined => {
  if (isWindowsShell(shell) && (type === 'sh' || type === 'bash'))
    return `scripts of type ${type} run on POSIX targets only; use powershell or batch on this one`;
  if (shell === 'posix_shell' && type === 'batch') return 'scripts of type batch run on Windows targets only; use sh or bash on this one';
  return undefined;
};

import type { MethodConfig } from './index.ts';

const HTTPS_PORT = 5986;

/** Whether WinRM is reached by https: where the method does not say, its port does. */
export const isWinrmTls = (port: number, { protocol }: Pick<MethodConfig<'winrm'>, 'protocol'>): boolean =>
  (protocol ?? (port === HTTPS_PORT ? 'https' : 'http')) === 'https';

/** Why this method may not be used: password and output would travel readable, and nobody has said that they may. */
export const readablePasswordProblem = (port: number, config: MethodConfig<'winrm'>): string | undefined =>
  config.transport === 'basic' && !config.allow_unencrypted && !isWinrmTls(port, config)
    ? "basic over http would send the password and all output readable. Use https, or transport ntlm, or set the method's allow_unencrypted"
    : undefined;

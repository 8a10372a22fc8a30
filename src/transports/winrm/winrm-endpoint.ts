import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import { isWinrmTls, readablePasswordProblem } from '../../contracts/methods/winrm-encryption.ts';
import type { Endpoint, PasswordSecret } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ReadDeniedNetworks } from '../http/denied-networks.ts';

/** An endpoint as WinRM needs it. */
export interface WinrmEndpoint {
  host: string;
  port: number;
  isTls: boolean;
  connectTimeoutMs: number;
  config: MethodConfig<'winrm'>;
  secret: PasswordSecret;
  deniedNetworks: ReadDeniedNetworks;
}

/** @throws OpsError CREDENTIAL_MISSING without a password; VALIDATION when the password would travel readable without being allowed to. */
export const toWinrmEndpoint = (
  { host, port, connectTimeoutMs, config: options, secret }: Endpoint,
  deniedNetworks: ReadDeniedNetworks,
): WinrmEndpoint => {
  if (secret?.type !== 'password')
    throw new OpsError('CREDENTIAL_MISSING', `WinRM to ${host} port ${port} needs a user and a password, and the method has none.`);
  const config = METHOD_CONFIGS.winrm.parse(options);
  const problem = readablePasswordProblem(port, config);
  if (problem !== undefined) throw new OpsError('VALIDATION', `WinRM to ${host} port ${port}: ${problem}. Nothing was sent.`);
  return { host, port, isTls: isWinrmTls(port, config), connectTimeoutMs, config, secret, deniedNetworks };
};

/** Who logs in, as people read it. */
export const loginText = ({ host, port, isTls, config, secret }: WinrmEndpoint): string => {
  const way = `${config.transport} over ${isTls ? 'https' : 'http'}`;
  const warning = config.transport === 'basic' && !isTls ? ', password and output not encrypted' : '';
  return `Logged in to ${host}:${port} as ${secret.username} (${way}${warning})`;
};

import type { BuiltProgram } from '../../domain/remote-program.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { asUser } from '../../domain/run-as.ts';
import type { SshLink } from './connect-ssh.ts';

/** The program as the user who shall run it; the login's own needs no sudo. @throws OpsError METHOD_UNSUPPORTED on Windows */
export const forUser = ({ endpoint }: SshLink, built: BuiltProgram, runAs: string | undefined): BuiltProgram => {
  const { host, port, secret, platform } = endpoint;
  if (runAs === undefined || runAs === secret.username) return built;
  if (platform === 'windows')
    throw new OpsError(
      'METHOD_UNSUPPORTED',
      `SSH to ${host} port ${port}: Windows has no sudo, so run_as ${runAs} cannot be done. Log in as that user.`,
    );
  return asUser(built, { user: runAs, password: secret.type === 'password' ? secret.password : undefined });
};

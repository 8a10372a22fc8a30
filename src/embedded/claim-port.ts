import { once } from 'node:events';
import { createServer } from 'node:net';
import { OpsError } from '../domain/ops-error.ts';

export interface PortWish {
  /** 0: any free one. */
  port: number;
  /** Left out: 127.0.0.1. */
  host?: string;
  /** For messages: "Postgres". */
  what: string;
  /** The environment variable that chooses another port. */
  variable: string;
  /** That which chooses another host; left out where none does. */
  hostVariable?: string;
}

const otherPort = (variable: string): string => `set ${variable} to another port (0 takes any free one)`;

/** Why nothing can listen there, and what to do. */
export const portProblem = (
  { port, host = '127.0.0.1', what, variable, hostVariable }: PortWish,
  cause: NodeJS.ErrnoException,
): OpsError => {
  const code = cause.code ?? cause.message;
  if (hostVariable !== undefined && code === 'EADDRNOTAVAIL')
    return new OpsError('VALIDATION', `${host}, for ${what}, is not an address of this machine: correct ${hostVariable}.`, { cause });
  if (hostVariable !== undefined && ['ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(code))
    return new OpsError('VALIDATION', `The name ${host}, for ${what}, does not resolve: correct ${hostVariable}.`, { cause });
  const place = host === '127.0.0.1' ? `Port ${port}` : `Port ${port} of ${host}`;
  if (code === 'EADDRINUSE')
    return new OpsError('CONFLICT', `${place} for ${what} is taken by another program: free it, or ${otherPort(variable)}.`, { cause });
  if (code === 'EACCES')
    return new OpsError('CONFLICT', `${place} for ${what} may not be opened by this user: ${otherPort(variable)}.`, { cause });
  return new OpsError('CONFLICT', `${place} for ${what} cannot be opened (${code}): free it, or ${otherPort(variable)}.`, { cause });
};

/**
 * Binds the port for a moment and says which it is, so that a server that is about to start finds it free.
 * @throws OpsError CONFLICT, VALIDATION naming the port or host, and the variable that chooses another.
 */
export const claimPort = async (wish: PortWish): Promise<number> => {
  const server = createServer();
  server.listen({ port: wish.port, host: wish.host ?? '127.0.0.1', exclusive: true });
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw portProblem(wish, cause);
  });
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : wish.port;
};

import { once } from 'node:events';
import { createServer } from 'node:net';
import { OpsError } from '../domain/ops-error.ts';

export interface PortWish {
  /** 0: any free one. */
  port: number;
  /** For messages: "Postgres". */
  what: string;
  /** The environment variable that chooses another port. */
  variable: string;
}

const reasonOf = (code: string | undefined): string => {
  if (code === 'EADDRINUSE') return 'is taken by another program';
  if (code === 'EACCES') return 'may not be opened by this user';
  return `cannot be opened (${code ?? 'unknown error'})`;
};

/**
 * Binds the port on 127.0.0.1 for a moment and says which it is, so that a server that is about to start finds it free.
 * @throws OpsError CONFLICT naming the port and the variable that chooses another.
 */
export const claimPort = async ({ port, what, variable }: PortWish): Promise<number> => {
  const server = createServer();
  server.listen({ port, host: '127.0.0.1', exclusive: true });
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    const message = `Port ${port} for ${what} ${reasonOf(cause.code)}: free it, or set ${variable} to another port (0 takes any free one).`;
    throw new OpsError('CONFLICT', message, { cause });
  });
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
};

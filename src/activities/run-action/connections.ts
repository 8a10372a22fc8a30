import { METHODS } from '../../contracts/capabilities.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import type { DefinedAction } from '../../db/load-definition.ts';
import { Aborted } from '../../domain/aborted.ts';
import type { Session } from '../../transports/transport.ts';
import type { ActivityDeps } from '../deps.ts';
import { methodOf } from './load-branch-context.ts';
import type { BranchContext } from './load-branch-context.ts';
import { openLease } from './open-lease.ts';
import type { OutputWriter } from './output-writer.ts';
import type { Lease, SessionPool } from './session-pool.ts';

interface Attempt {
  branch: string;
  context: BranchContext;
  action: DefinedAction;
  writer: OutputWriter;
  signal: AbortSignal;
}

/** The connections of one attempt. */
export interface Connections {
  connect(): Promise<Session>;
  connectTo(endpoint: Endpoint): Promise<Session>;
  /** Gives all back; the branch's own is kept for its next action when `keep`. */
  release(keep: boolean): Promise<void>;
}

/** Who is aborted while it still connects has sent nothing of its action. */
const untilConnected = async <T>({ host, port, methodType }: Endpoint, signal: AbortSignal, connecting: Promise<T>): Promise<T> => {
  try {
    return await connecting;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    const place = `${METHODS[methodType].label}${host === '' ? '' : ` at ${host} port ${port}`}`;
    throw new Aborted('not_sent', `It was still connecting to ${place}; nothing of the action was sent.`, error);
  }
};

export const createConnections = (
  deps: ActivityDeps,
  pool: SessionPool,
  { branch, context, action, writer, signal }: Attempt,
): Connections => {
  let leasing: Promise<Lease> | undefined;
  const own: Session[] = [];

  const lease = async (): Promise<Lease> => {
    const method = methodOf(context, action);
    const taken = await untilConnected(method.endpoint, signal, openLease(deps.db, deps.keyRing, pool, branch, context, method, signal));
    if (taken.isNew) writer.event('info', 'authentication', 'authentication', `${connected(method.endpoint, taken.session)}.`);
    return taken;
  };

  return {
    async connect() {
      leasing ??= lease();
      const taken = await leasing;
      if (taken.session.isOpen) return taken.session;
      // It broke while this attempt used it, and a file transfer goes on over a new one.
      await taken.release(false);
      leasing = lease();
      return (await leasing).session;
    },
    async connectTo(endpoint) {
      const session = await untilConnected(endpoint, signal, deps.openSession(endpoint, signal));
      own.push(session);
      return session;
    },
    async release(keep) {
      const taken = await leasing?.catch(() => undefined);
      await Promise.all([taken?.release(keep), ...own.map((session) => session[Symbol.asyncDispose]())]);
    },
  };
};

const connected = ({ host, port, secret }: Endpoint, session: Session): string => {
  if (secret === undefined || !('username' in secret)) return session.login;
  return `Connected to ${host}:${port} as ${secret.username} (${secret.type})`;
};

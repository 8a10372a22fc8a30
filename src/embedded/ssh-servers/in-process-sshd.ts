import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { homedir } from 'node:os';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey, Server, Session } from 'ssh2';
import { OpsError } from '../../domain/ops-error.ts';
import { createKeyPair } from './create-key-pair.ts';
import { serveExec } from './exec-request.ts';
import type { ServedProgram } from './exec-request.ts';

export interface InProcessSshdOptions {
  addresses: readonly string[];
  port: number;
  /** The public key line that may log in, as any user name. */
  authorizedKey?: string;
  /** The password that may log in, as any user name. */
  password?: string;
}

export interface InProcessSshd extends AsyncDisposable {
  readonly hostKeyFingerprint: string;
}

const SAFE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const parsePublicKey = (line: string): ParsedKey => {
  const parsed = ssh2.utils.parseKey(line);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error)
    throw new OpsError('KEY_UNUSABLE', 'The authorized key is not a public key line.', { cause: key });
  return key;
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const mayEnter = (context: AuthContext, key: ParsedKey | undefined, password: string | undefined): boolean => {
  if (context.method === 'password') return password !== undefined && timingSafeEqual(digest(context.password), digest(password));
  if (context.method !== 'publickey' || key === undefined || !key.getPublicSSH().equals(context.key.data)) return false;
  const { signature, blob, hashAlgo } = context;
  if (signature === undefined || blob === undefined) return true;
  // Not a boolean, as its types say: a signature that cannot be read gives an Error, which is truthy.
  const verdict: unknown = key.verify(blob, signature, hashAlgo);
  return verdict === true;
};

const serveSession = (session: Session, programs: Set<ServedProgram>, username: string): void => {
  let program: ServedProgram | undefined;
  const environment = { PATH: SAFE_PATH, HOME: homedir(), USER: username, LOGNAME: username, SHELL: '/bin/sh' };
  session.once('exec', (accept, _reject, { command }) => {
    program = serveExec(command, accept(), environment);
    const served = program;
    programs.add(served);
    void served.finished.then(() => programs.delete(served));
  });
  session.on('signal', (accept, _reject, { name }) => {
    program?.signal(name);
    // The reply is optional in the protocol: ssh2 passes a function only when the client asked for one.
    (accept as (() => void) | undefined)?.();
  });
};

const serveClient = (client: Connection, mayLogIn: (context: AuthContext) => boolean): void => {
  const programs = new Set<ServedProgram>();
  let username = '';
  // It has this method, its types do not: without it every small packet waits 40 ms for the next acknowledgement.
  (client as Connection & { setNoDelay(on: boolean): void }).setNoDelay(true);
  client.on('authentication', (context) => {
    if (!mayLogIn(context)) return context.reject(['publickey', 'password']);
    username = context.username;
    return context.accept();
  });
  client.on('session', (accept) => serveSession(accept(), programs, username));
  // Clients that just go are an everyday event; without a listener they would end the process.
  client.on('error', () => undefined);
  client.on('close', () => {
    for (const program of programs) program.signal('KILL');
  });
};

const listen = async (server: Server, address: string, port: number): Promise<void> => {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OpsError('UNAVAILABLE', `No SSH server can listen on ${address} port ${port}: ${reason}. Choose another port.`, { cause });
  }
};

/**
 * Starts SSH servers inside this process, for machines without sshd: they run programs by /bin/sh as the current user.
 * Disposing closes them, ends their connections and kills what still runs.
 * @throws OpsError KEY_UNUSABLE for a bad key line, UNAVAILABLE when an address cannot be listened on.
 */
export const startInProcessSshd = async ({ addresses, port, authorizedKey, password }: InProcessSshdOptions): Promise<InProcessSshd> => {
  const key = authorizedKey === undefined ? undefined : parsePublicKey(authorizedKey);
  const hostKey = createKeyPair('opsconductor host key');
  const clients = new Set<Connection>();
  const accept = (client: Connection): void => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    serveClient(client, (context) => mayEnter(context, key, password));
  };
  const servers = addresses.map(() => new ssh2.Server({ hostKeys: [hostKey.privateKey] }, accept));
  const stop = async (): Promise<void> => {
    // The types call it a net.Server, but it has neither `listening` nor a quiet second `close`.
    const closed = servers.splice(0).filter((server) => server.address() !== null);
    await Promise.all(
      closed.map((server) => {
        const done = once(server, 'close');
        server.close();
        for (const client of clients) client.end();
        return done;
      }),
    );
  };
  try {
    await Promise.all(servers.map((server, at) => listen(server, addresses[at] ?? '', port)));
  } catch (error) {
    await stop();
    throw error;
  }
  const fingerprint = createHash('sha256').update(parsePublicKey(hostKey.publicKey).getPublicSSH()).digest('base64');
  return { hostKeyFingerprint: `SHA256:${fingerprint.replaceAll('=', '')}`, [Symbol.asyncDispose]: stop };
};

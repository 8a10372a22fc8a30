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
  if (key === undefined || key instanceof Error) throw new OpsError('KEY_UNUSABLE', 'The authorized key is not a public key line.', { cause: key });
  return key;
};

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const mayEnter = (context: AuthContext, key: ParsedKey | undefined, password: string | undefined): boolean => {
  if (context.method === 'password') return password !== undefined && timingSafeEqual(digest(context.password), digest(password));
  if (context.method !== 'publickey' || key === undefined || !key.getPublicSSH().equals(context.key.data)) return false;
  const { signature, blob, hashAlgo } = context;
  return signature === undefined || blob === undefined || key.verify(blob, signature, hashAlgo) === true;
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
  client.setNoDelay(true);
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
    for (const client of clients) client.end();
    await Promise.all(servers.filter(({ listening }) => listening).map((server) => once(server.close(), 'close')));
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

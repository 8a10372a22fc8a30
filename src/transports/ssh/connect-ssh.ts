import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, Client, ConnectConfig } from 'ssh2';
import type { SshEndpoint } from './ssh-endpoint.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { SSH_ALGORITHMS } from './ssh-algorithms.ts';
import { toSshError } from './ssh-errors.ts';

/** A logged-in connection, and what is known of it. */
export interface SshLink {
  readonly client: Client;
  readonly endpoint: SshEndpoint;
  readonly hostKeyFingerprint: string;
  readonly isOpen: boolean;
  /** Why the connection went, when it is gone and something was said. */
  readonly lastError: Error | undefined;
}

const MISSED_KEEP_ALIVES = 3;

/** As OpenSSH writes it. */
export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replaceAll('=', '')}`;

const hostKeyChanged = ({ host, port, hostKeyFingerprint }: SshEndpoint, shown: string): OpsError =>
  new OpsError(
    'HOST_KEY_CHANGED',
    `SSH to ${host} port ${port}: the host shows the key ${shown}, but ${String(hostKeyFingerprint)} was seen before. ` +
      'If the host was installed anew, read its fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) and accept it: ' +
      'opsconductor targets accept-host-key SERIAL --fingerprint SHA256:…; if not, someone may stand in between: do not log in.',
  );

const passwordExpired = ({ host, port, secret }: SshEndpoint): OpsError =>
  new OpsError(
    'LOGIN_REJECTED',
    `SSH to ${host} port ${port}: the password of user ${secret.username} has expired. Change it on the target, then in the credential.`,
  );

const configOf = (endpoint: SshEndpoint, methods: AnyAuthMethod[], hostVerifier: (key: Buffer) => boolean): ConnectConfig => ({
  host: endpoint.host,
  port: endpoint.port,
  username: endpoint.secret.username,
  readyTimeout: endpoint.connectTimeoutMs,
  keepaliveInterval: endpoint.keepAliveMs,
  keepaliveCountMax: MISSED_KEEP_ALIVES,
  hostVerifier,
  authHandler: methods,
  algorithms: SSH_ALGORITHMS,
});

/** Follows a client from its first event to its last: it may report errors at any time, also after it was closed. */
class Link implements SshLink {
  readonly client: Client = new ssh2.Client();
  readonly endpoint: SshEndpoint;
  hostKeyFingerprint = '';
  isOpen = false;
  lastError: Error | undefined;

  constructor(endpoint: SshEndpoint) {
    this.endpoint = endpoint;
    this.client.on('error', (error) => {
      this.lastError = error;
    });
    this.client.on('close', () => {
      this.isOpen = false;
    });
  }

  /** Keeps the fingerprint; false refuses the host. */
  readonly verifyHost = (key: Buffer): boolean => {
    this.hostKeyFingerprint = fingerprintOf(key);
    const pinned = this.endpoint.hostKeyFingerprint;
    return pinned === undefined || pinned === this.hostKeyFingerprint;
  };

  /** What to say of an error before the login was done. */
  explain(cause: unknown): OpsError {
    const { hostKeyFingerprint, endpoint } = this;
    const isOther =
      endpoint.hostKeyFingerprint !== undefined && hostKeyFingerprint !== '' && hostKeyFingerprint !== endpoint.hostKeyFingerprint;
    return isOther ? hostKeyChanged(endpoint, hostKeyFingerprint) : toSshError(endpoint, cause);
  }
}

const untilReady = (link: Link, methods: AnyAuthMethod[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const { client, endpoint } = link;
    client.once('ready', () => {
      link.isOpen = true;
      resolve();
    });
    client.on('error', (error) => reject(link.explain(error)));
    client.once('close', () => reject(link.explain(new Error('the connection was closed during the login'))));
    client.once('change password', () => reject(passwordExpired(endpoint)));
    client.connect(configOf(endpoint, methods, link.verifyHost));
    // Each step of SSH is a small packet that waits for an answer: Nagle's algorithm would add 40 ms to every one.
    client.setNoDelay(true);
  });

/**
 * Connects and logs in; the time limit covers name, TCP, handshake and login.
 * @throws OpsError as `OpenSession` says, or the signal's reason.
 */
export const connectSsh = async (endpoint: SshEndpoint, methods: AnyAuthMethod[], signal: AbortSignal): Promise<SshLink> => {
  signal.throwIfAborted();
  const link = new Link(endpoint);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([untilReady(link, methods), aborted.promise]);
    return link;
  } catch (error) {
    link.client.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

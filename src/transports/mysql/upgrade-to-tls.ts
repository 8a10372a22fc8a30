import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Connection } from 'mysql2';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { tlsOptions } from '../tls-options.ts';

/** The connection as mysql2 3 uses it inside. */
interface Inside {
  stream: Socket;
  packetParser: { execute(data: Buffer): void };
  startTLS(done: (error?: Error) => void): void;
  _handleNetworkError(error: Error): void;
}

/** `verify_identity` checks the chain and the name; the others the chain, and only when an authority is given. */
const choiceOf = (host: string, { ssl_mode: mode, ca_certificate }: MethodConfig<'mysql'>): ConnectionOptions => {
  const whole = tlsOptions({ host, ca_certificate, verify: mode === 'verify_identity' || ca_certificate !== undefined });
  return mode === 'verify_identity' ? whole : { ...whole, checkServerIdentity: () => undefined };
};

/**
 * Takes the upgrade to TLS out of the library's hands, which compares the certificate of a server that is reached by its address with the name
 * `localhost`. Should the library stop calling this, its own stricter check remains.
 */
export const upgradeToTls = (connection: Connection, { host }: Endpoint, config: MethodConfig<'mysql'>): void => {
  const inside = connection as unknown as Inside;
  const options = choiceOf(host, config);
  inside.startTLS = (done) => {
    const { stream } = inside;
    stream.removeAllListeners('data');
    let isSecure = false;
    const secure: TLSSocket = connect({ ...options, socket: stream }, () => {
      isSecure = true;
      done();
    });
    // The library overwrites the code of the error that it is given.
    secure.on('error', (cause) => (isSecure ? inside._handleNetworkError(cause) : done(new Error(cause.message, { cause }))));
    secure.on('data', (data) => inside.packetParser.execute(data));
    inside.stream = secure;
  };
};

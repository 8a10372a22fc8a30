import { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { channelBindings } from '../../src/transports/winrm/ntlm.ts';
import type { NtlmSeal } from '../../src/transports/winrm/ntlm-seal.ts';
import { isSealedType, openBody, SEALED_TYPE, sealBody } from '../../src/transports/winrm/sealed-body.ts';
import { parseXml } from '../../src/transports/winrm/xml.ts';
import { createNtlmServerLogin } from './ntlm-server.ts';
import type { NtlmServerLogin } from './ntlm-server.ts';
import { createShells } from './winrm-shells.ts';
import type { Shells } from './winrm-shells.ts';
import { actionOf, bodyAnswer, faultAnswer, serve } from './winrm-soap.ts';
import type { Fault, SoapAnswer } from './winrm-soap.ts';

export interface DoubleOptions {
  users: Readonly<Record<string, string>>;
  offers?: readonly ('Negotiate' | 'Basic')[];
  /** As `AllowUnencrypted` of Windows: without it, plain messages over http are refused. */
  allowUnencrypted?: boolean;
  tls?: { key: string; cert: string };
  /** Shown in place of the certificate of `tls`, to which logins still have to be bound: as by somebody in between. */
  shows?: { key: string; cert: string };
  /** How long a poll without news takes; Windows: what the client asks for. */
  pollMs?: number;
  /** Answers a message by a fault, a status, a body, or not at all (the connection is cut), instead of doing what it asks for. */
  instead?: (action: string) => Fault | { status: number } | { body: string } | 'cut' | undefined;
}

/** Speaks WS-Management as WinRM does, and runs lines by /bin/sh. */
export interface WinrmDouble extends AsyncDisposable {
  readonly port: number;
  readonly shells: Shells;
  /** Actions of all messages that came, in their order. */
  readonly actions: string[];
  /** All bytes that came, as they were on the wire (before TLS). */
  wire(): Buffer;
  /** From now on, in place of the option `instead`. */
  setInstead(instead: DoubleOptions['instead']): void;
  /** Every connection has to log in again. */
  forgetLogins(): void;
}

interface Connection {
  login: NtlmServerLogin | undefined;
  seal: NtlmSeal | undefined;
}

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const bindingsOf = (tls: DoubleOptions['tls']): Buffer | undefined =>
  tls === undefined ? undefined : channelBindings(createHash('sha256').update(new X509Certificate(tls.cert).raw).digest());

export const startWinrmDouble = async (options: DoubleOptions): Promise<WinrmDouble> => {
  const { users, tls, offers = ['Negotiate'], pollMs = 20_000 } = options;
  const shells = createShells();
  const actions: string[] = [];
  const wire: Buffer[] = [];
  let { instead } = options;
  let connections = new WeakMap<Socket, Connection>();

  const connectionOf = (socket: Socket): Connection => {
    const known = connections.get(socket) ?? { login: undefined, seal: undefined };
    connections.set(socket, known);
    return known;
  };

  const refuse = (response: ServerResponse, challenge?: string): void => {
    for (const offer of challenge === undefined ? offers : [`Negotiate ${challenge}`]) response.appendHeader('WWW-Authenticate', offer);
    response.writeHead(401).end();
  };

  /** Whether the message may go on; otherwise it was answered. */
  const logIn = (request: IncomingMessage, response: ServerResponse): boolean => {
    const connection = connectionOf(request.socket);
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ');
    const bytes = Buffer.from(token, 'base64');
    if (scheme === 'Basic' && offers.includes('Basic')) {
      const [user = '', ...password] = bytes.toString().split(':');
      if (users[user] === password.join(':')) return true;
    } else if (scheme === 'Negotiate' && offers.includes('Negotiate') && bytes.length > 12) {
      if (bytes[8] === 1) {
        connection.login = createNtlmServerLogin(users);
        refuse(response, connection.login.challenge(bytes).toString('base64'));
        return false;
      }
      connection.seal = connection.login?.accept(bytes, bindingsOf(tls));
    }
    if (connection.seal !== undefined) return true;
    refuse(response);
    return false;
  };

  const answerTo = async (message: string, request: IncomingMessage): Promise<SoapAnswer | 'cut' | undefined> => {
    const envelope = parseXml(message);
    const action = actionOf(envelope);
    actions.push(action);
    const other = instead?.(action);
    if (other === 'cut') return other;
    if (other !== undefined && 'body' in other) return bodyAnswer(other.body);
    if (other !== undefined) return 'status' in other ? { status: other.status, text: '' } : faultAnswer(other);
    return serve(shells, envelope, pollMs, () => request.socket.destroyed);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readAll(request);
    wire.push(Buffer.from(JSON.stringify(request.headers)), body);
    if (request.url !== '/wsman') return void response.writeHead(404).end();
    if (!logIn(request, response)) return;
    if (body.length === 0) return void response.writeHead(200).end();
    const { seal } = connectionOf(request.socket);
    const isSealed = isSealedType(request.headers['content-type']);
    if (!isSealed && tls === undefined && options.allowUnencrypted !== true) return void response.writeHead(500).end();
    const plain = isSealed && seal !== undefined ? openBody(seal, body) : body;
    const answer = await answerTo(plain.toString(), request);
    if (answer === 'cut') request.socket.destroy();
    if (answer === undefined || answer === 'cut') return;
    const bytes = Buffer.from(answer.text);
    if (bytes.length === 0) response.writeHead(answer.status).end();
    else if (isSealed && seal !== undefined) response.writeHead(answer.status, { 'Content-Type': SEALED_TYPE }).end(sealBody(seal, bytes));
    else response.writeHead(answer.status, { 'Content-Type': 'application/soap+xml;charset=UTF-8' }).end(bytes);
  };

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer(options.shows ?? tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    shells,
    actions,
    wire: () => Buffer.concat(wire),
    setInstead: (next) => {
      instead = next;
    },
    forgetLogins: () => {
      connections = new WeakMap();
    },
    async [Symbol.asyncDispose]() {
      shells[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

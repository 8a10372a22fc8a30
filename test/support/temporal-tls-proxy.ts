import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, createSecureServer } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface TlsFiles {
  ca: string;
  server: { cert: string; key: string };
  client: { cert: string; key: string };
}

const openssl = (args: readonly string[]): void => {
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
};

/** An authority in this folder, and certificates of it for a server of that name and for a client. */
export const createTlsFiles = (folder: string, serverName: string): TlsFiles => {
  const common = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const files = (name: string) => ({ cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
  const ca = files('ca');
  openssl([...common, '-subj', '/CN=authority', '-keyout', ca.key, '-out', ca.cert]);
  const issue = (name: string, subjectAltName: string) => {
    const { cert, key } = files(name);
    const extensions = ['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', `subjectAltName=${subjectAltName}`];
    openssl([...common, '-subj', `/CN=${name}`, '-CA', ca.cert, '-CAkey', ca.key, ...extensions, '-keyout', key, '-out', cert]);
    return { cert, key };
  };
  return { ca: ca.cert, server: issue('server', `DNS:${serverName}`), client: issue('client', 'DNS:client') };
};

const withoutPseudo = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));

/**
 * Temporal as a cloud offers it: behind TLS that asks for a client certificate, only for who sends the API key, and without some methods.
 * @param unanswered methods of which one call each is never answered; a call that was is removed
 */
export const startTemporalTlsProxy = async (
  { ca, server: own }: TlsFiles,
  { to, apiKey, refused = [], unanswered = [] }: { to: string; apiKey: string; refused?: readonly string[]; unanswered?: string[] },
): Promise<{ address: string } & AsyncDisposable> => {
  const upstream = connect(`http://${to}`);
  const read = (path: string): Buffer => readFileSync(path);
  const server = createSecureServer({
    ca: read(ca),
    cert: read(own.cert),
    key: read(own.key),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const forward = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void => {
    const request = upstream.request({ ...withoutPseudo(headers), ':method': 'POST', ':path': headers[':path'] });
    let trailers: IncomingHttpHeaders = {};
    request.on('response', (answer, flags) => {
      // Bit 1: an answer of headers alone.
      if ((flags & 1) === 1) return stream.respond(answer, { endStream: true });
      stream.respond(answer, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      request.pipe(stream);
    });
    request.on('trailers', (sent) => (trailers = withoutPseudo(sent)));
    request.on('error', () => stream.destroy());
    stream.on('error', () => request.close());
    stream.on('close', () => request.close());
    stream.pipe(request);
  };
  server.on('stream', (stream, headers) => {
    const refuse = (status: number): void =>
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) }, { endStream: true });
    if (headers['authorization'] !== `Bearer ${apiKey}`) return refuse(16);
    const lost = unanswered.findIndex((method) => headers[':path']?.endsWith(`/${method}`));
    if (lost >= 0) {
      unanswered.splice(lost, 1);
      return;
    }
    return refused.some((method) => headers[':path']?.endsWith(`/${method}`)) ? refuse(7) : forward(stream, headers);
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

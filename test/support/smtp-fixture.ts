import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { freePort } from './free-port.ts';
import { createCertificate } from './tls-certificate.ts';

/** The python of the system has the packages of the system. */
const PYTHON = '/usr/bin/python3';

/** Tests of a real SMTP server are left out on a machine without aiosmtpd; never in CI, where they then fail. */
export const withoutSmtpd = spawnSync(PYTHON, ['-c', 'import aiosmtpd']).status !== 0 && process.env['CI'] === undefined;

const TakenMail = z.object({
  helo: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  login: z.string().nullable(),
  tls: z.boolean(),
  content: z.string().transform((text) => Buffer.from(text, 'base64').toString()),
});
export type TakenMail = z.infer<typeof TakenMail>;

export interface SmtpFixture extends AsyncDisposable {
  port: number;
  password: string;
  /** The certificate of the server. */
  pem: string;
  /** The mail that holds this text, such as its id; waits until the server has taken it. */
  taken(text: string): Promise<TakenMail>;
  /** So many mails that hold it. The first one of a sender that says hang-once is taken, and not confirmed. */
  takenTimes(text: string, times: number): Promise<TakenMail[]>;
  /** Done once the server holds a mail that says please-hang, or a recipient whose name begins with `hang`, and does not answer. */
  hanging: Promise<void>;
  endpoint(config?: Record<string, unknown>, secret?: Endpoint['secret'] | null): Endpoint;
  stop(): Promise<void>;
}

/** A real aiosmtpd on 127.0.0.1 that knows one user, `mailer`, and refuses recipients whose name begins with `refused` or `later`. */
export const startSmtpServer = async (mode: 'none' | 'starttls' | 'ssl', certificateName = 'IP:127.0.0.1'): Promise<SmtpFixture> => {
  const folder = mkdtempSync(join(tmpdir(), 'opsc-smtp-'));
  const { certificateFile, keyFile, pem } = createCertificate(folder, certificateName);
  const password = `pä"$ss ${folder}`;
  const port = await freePort();
  const script = join(import.meta.dirname, 'smtp-server.py');
  const child = spawn(PYTHON, [script, String(port), mode, certificateFile, keyFile, password], { stdio: ['ignore', 'pipe', 'ignore'] });
  const mails: TakenMail[] = [];
  const waiting: (() => void)[] = [];
  const [ready, hanging] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  createInterface(child.stdout).on('line', (line) => {
    if (line === 'ready') ready.resolve();
    else if (line.includes('"hanging"')) hanging.resolve();
    else mails.push(TakenMail.parse(JSON.parse(line)));
    for (const look of waiting) look();
  });
  const exited = once(child, 'exit');
  void exited.then(() => ready.reject(new Error('aiosmtpd ended')));
  ready.promise.catch(() => undefined);
  await ready.promise;
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    password,
    pem,
    taken: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = mails.find(({ content }) => content.includes(text));
          if (found !== undefined) resolve(found);
        };
        waiting.push(look);
        look();
      }),
    takenTimes: (text, times) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = mails.filter(({ content }) => content.includes(text));
          if (found.length >= times) resolve(found);
        };
        waiting.push(look);
        look();
      }),
    hanging: hanging.promise,
    endpoint: (config = {}, secret = { type: 'password', username: 'mailer', password }) => ({
      methodType: 'smtp',
      host: '127.0.0.1',
      port,
      config: { encryption: mode, ...(mode === 'none' ? {} : { ca_certificate: pem }), ...config },
      hostKeyFingerprint: undefined,
      platform: 'posix',
      connectTimeoutMs: 10_000,
      keepAliveMs: 0,
      secret: secret ?? undefined,
    }),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

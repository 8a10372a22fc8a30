import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { converse } from './tns-conversation.ts';
import type { Heard, TnsLogin, TnsOptions } from './tns-conversation.ts';
import { createWire } from './tns-packets.ts';
import type { Answer, Statement } from './tns-session.ts';

export interface TnsServer extends AsyncDisposable {
  port: number;
  logins: TnsLogin[];
  /** Statements, without those that set a session up. */
  statements: Statement[];
  /** Statements that set a session up. */
  settings: string[];
  /** Breaks, rows written, pings, and sessions that said goodbye. */
  readonly counts: Readonly<Record<'breaks' | 'rowsGiven' | 'pings' | 'goodbyes', number>>;
  /** Done when a statement with this text has come. */
  untilAsked(text: string): Promise<void>;
  /** Done when every connection is closed. */
  untilLeft(): Promise<void>;
}

/** A driver asks so when the negotiation did not tell it. */
const ZONE = 'SELECT DBTIMEZONE FROM DUAL';
const zoneAnswer = (): Answer => ({
  kind: 'rows',
  columns: [{ name: 'DBTIMEZONE', type: { code: 1, size: 6 } }],
  rows: [[Buffer.from('+00:00')]],
});

/** A server of Oracle's protocol TNS, which answers each statement as it is told. */
export const startTnsServer = async (options: TnsOptions): Promise<TnsServer> => {
  const logins: TnsLogin[] = [];
  const statements: Statement[] = [];
  const settings: string[] = [];
  const counts = { breaks: 0, rowsGiven: 0, pings: 0, goodbyes: 0 };
  const told = new EventTarget();
  const sockets = new Set<Socket>();

  const heard: Heard = {
    login: (login) => void logins.push(login),
    statement(statement) {
      if (statement.text === ZONE) return zoneAnswer();
      if (statement.text.startsWith('ALTER SESSION')) settings.push(statement.text);
      else statements.push(statement);
      told.dispatchEvent(new Event('statement'));
      return options.answer(statement);
    },
    count: (what) => {
      counts[what] += 1;
    },
  };

  const greet = (socket: Socket): void => {
    const wire = createWire(socket);
    void converse(wire, options, heard).catch((error: unknown) => {
      console.error('The double of Oracle gave up:', error);
      wire.cut();
    });
  };
  const server = options.tls === undefined ? createServer(greet) : createTlsServer(options.tls, greet);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      told.dispatchEvent(new Event('left'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    logins,
    statements,
    settings,
    counts,
    async untilAsked(text) {
      while (!statements.some((statement) => statement.text.includes(text))) await once(told, 'statement');
    },
    async untilLeft() {
      while (sockets.size > 0) await once(told, 'left');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

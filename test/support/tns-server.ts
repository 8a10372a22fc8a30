import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import * as answers from './tns-answers.ts';
import { cursorOf, MoreNeeded } from './tns-bytes.ts';
import * as handshake from './tns-handshake.ts';
import { RELEASES } from './tns-handshake.ts';
import { createChallenge, readAuth, welcome } from './tns-login.ts';
import { createWire, DATA, MARKER } from './tns-packets.ts';
import type { Wire } from './tns-packets.ts';
import { readCall } from './tns-requests.ts';
import { createSession } from './tns-session.ts';
import type { Answer, Statement } from './tns-session.ts';

export interface TnsLogin {
  user: string;
  /** As it was decrypted; undefined: the client did not prove to know the right one. */
  password: string | undefined;
  /** Connect data of the client. */
  connectData: string;
  /** What the client says of itself and its session. */
  facts: Record<string, string>;
}

export interface TnsOptions {
  release: keyof typeof RELEASES;
  user: string;
  password: string;
  service: string;
  sid: string;
  /** An account that the right password does not open. */
  closedBy?: { error: number; message: string };
  tls?: { key: string; cert: string };
  /** The connection is cut, or falls silent, when the client begins this. */
  stops?: { at: 'connect' | 'negotiation' | 'login'; by: 'cut' | 'silence' };
  answer: (statement: Statement) => Answer;
}

export interface TnsServer extends AsyncDisposable {
  port: number;
  logins: TnsLogin[];
  /** Statements, without those that drivers send of themselves after a login. */
  statements: Statement[];
  /** Statements that set up a session. */
  settings: string[];
  /** Breaks that came. */
  readonly breaks: number;
  /** Rows written. */
  readonly rowsGiven: number;
  /** Pings that came. */
  readonly pings: number;
  /** Sessions that said goodbye. */
  readonly goodbyes: number;
  /** Connections that are open. */
  readonly connections: number;
  /** Done when a statement with this text has come. */
  untilAsked(text: string): Promise<void>;
  /** Done when every connection is closed. */
  untilLeft(): Promise<void>;
}

const ZONE = 'SELECT DBTIMEZONE FROM DUAL';
const zoneAnswer: Answer = { kind: 'rows', columns: [{ name: 'DBTIMEZONE', type: { code: 1, size: 6 } }], rows: [[Buffer.from('+00:00')]] };

/** A whole message of the client, which may come in several packets. */
const readMessage = async <Found>(wire: Wire, first: Buffer, read: (body: Buffer) => Found): Promise<Found | undefined> => {
  for (let body = first; ; ) {
    try {
      return read(body);
    } catch (error) {
      if (!(error instanceof MoreNeeded)) throw error;
    }
    const packet = await wire.next();
    if (packet?.type !== DATA) return undefined;
    body = Buffer.concat([body, packet.body]);
  }
};

/** A server of Oracle's protocol TNS, which answers each statement as it is told. */
export const startTnsServer = async (options: TnsOptions): Promise<TnsServer> => {
  const release = RELEASES[options.release];
  const logins: TnsLogin[] = [];
  const statements: Statement[] = [];
  const settings: string[] = [];
  const told = new EventTarget();
  const sockets = new Set<Socket>();
  const counts = { breaks: 0, rowsGiven: 0, pings: 0, goodbyes: 0 };

  /** Takes the next message; undefined: there is none, or the double goes no further. */
  const take = async <Found>(wire: Wire, stage: string, read: (body: Buffer) => Found): Promise<Found | undefined> => {
    const packet = await wire.next();
    if (packet?.type !== DATA) return undefined;
    if (options.stops?.at !== stage) return readMessage(wire, packet.body, read);
    if (options.stops.by === 'cut') wire.cut();
    return undefined;
  };

  const answerTo = (statement: Statement): Answer => {
    if (statement.text === ZONE) return zoneAnswer;
    if (statement.text.startsWith('ALTER SESSION')) settings.push(statement.text);
    else statements.push(statement);
    const answer = options.answer(statement);
    told.dispatchEvent(new Event('statement'));
    return answer;
  };

  const sessionOf = (wire: Wire) => createSession(wire, release, answerTo, () => (counts.rowsGiven += 1));
  type Session = ReturnType<typeof sessionOf>;

  /** Negotiates, and asks for the first part of the login. @returns whether the client came so far. */
  const negotiate = async (wire: Wire, { reply }: Session, challenge: Buffer): Promise<boolean> => {
    if (release.hasEnds) {
      const read = (body: Buffer) => handshake.readFastAuth(body, (cursor) => readAuth(cursor, 13));
      const first = await take(wire, 'negotiation', read);
      if (first !== undefined)
        reply(handshake.protocolAnswer(release), handshake.dataTypesAnswer(first.wantsZone), challenge, answers.status());
      return first !== undefined;
    }
    const read = (body: Buffer, parse: (cursor: ReturnType<typeof cursorOf>) => unknown): true => {
      const cursor = cursorOf(body);
      cursor.take(1);
      parse(cursor);
      return true;
    };
    if ((await take(wire, 'negotiation', (body) => read(body, handshake.readProtocol))) === undefined) return false;
    wire.data(handshake.protocolAnswer(release), false);
    if ((await take(wire, 'types', (body) => read(body, handshake.readDataTypes))) === undefined) return false;
    wire.data(handshake.dataTypesAnswer(false), false);
    if ((await take(wire, 'user', (body) => readAuth(cursorOf(body), release.fieldVersion))) === undefined) return false;
    reply(challenge, answers.status());
    return true;
  };

  const logIn = async (wire: Wire, session: Session, connectData: string): Promise<boolean> => {
    const challenge = createChallenge(options.password);
    if (!(await negotiate(wire, session, challenge.answer))) return false;
    const found = await take(wire, 'login', (body) => readAuth(cursorOf(body), release.fieldVersion));
    if (found === undefined) return false;
    const proven = challenge.verify(found.pairs);
    logins.push({ user: found.user, password: proven?.password, connectData, facts: found.pairs });
    const isRight = proven !== undefined && found.user.toUpperCase() === options.user.toUpperCase();
    if (isRight && options.closedBy === undefined)
      session.reply(welcome(release.version, options.service, proven.proof), answers.status());
    else if (isRight && options.closedBy !== undefined) await session.fail(options.closedBy.error, options.closedBy.message);
    else await session.fail(1017, 'invalid username/password; logon denied');
    return isRight && options.closedBy === undefined;
  };

  const refusalOf = (connectData: string): number | undefined => {
    const [, service] = /\(SERVICE_NAME=([^)]*)\)/i.exec(connectData) ?? [];
    const [, sid] = /\(SID=([^)]*)\)/i.exec(connectData) ?? [];
    if (service !== undefined) return service === options.service ? undefined : 12514;
    return sid === options.sid ? undefined : 12505;
  };

  const talk = async (wire: Wire): Promise<void> => {
    const connectData = await handshake.readConnect(wire);
    if (connectData === undefined) return wire.cut();
    if (options.stops?.at === 'connect') return options.stops.by === 'cut' ? wire.cut() : undefined;
    const refusal = refusalOf(connectData);
    if (refusal !== undefined) return handshake.refuse(wire, refusal);
    handshake.accept(wire, release);
    const session = sessionOf(wire);
    if (!(await logIn(wire, session, connectData))) return;
    const known = { fieldVersion: release.fieldVersion, largestText: release.largestText, ...session };
    for (let packet = await wire.next(); packet !== undefined; packet = await wire.next()) {
      if (packet.type === MARKER) {
        counts.breaks += 1;
        await session.fail(answers.CANCELLED, 'user requested cancel of current operation');
        continue;
      }
      const call = packet.body.length === 0 ? undefined : await readMessage(wire, packet.body, (body) => readCall(body, known));
      if (call === undefined) return wire.end();
      if (call.kind === 'ping') counts.pings += 1;
      if (call.kind === 'logoff') {
        counts.goodbyes += 1;
        session.reply(answers.status());
      } else await session.answer(call);
    }
  };

  const greet = (socket: Socket): void => {
    const wire = createWire(socket);
    void talk(wire).catch((error: unknown) => {
      console.error('The double of Oracle gave up:', error);
      wire.cut();
    });
  };
  const server: Server = options.tls === undefined ? createServer(greet) : createTlsServer(options.tls, greet);
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
    get breaks() {
      return counts.breaks;
    },
    get rowsGiven() {
      return counts.rowsGiven;
    },
    get pings() {
      return counts.pings;
    },
    get goodbyes() {
      return counts.goodbyes;
    },
    get connections() {
      return sockets.size;
    },
    async untilAsked(text) {
      while (![...statements.map((statement) => statement.text), ...settings].some((asked) => asked.includes(text)))
        await once(told, 'statement');
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

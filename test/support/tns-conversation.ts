import * as answers from './tns-answers.ts';
import { cursorOf, MoreNeeded } from './tns-bytes.ts';
import type { Cursor } from './tns-bytes.ts';
import * as handshake from './tns-handshake.ts';
import { RELEASES } from './tns-handshake.ts';
import { createChallenge, readAuth, welcome } from './tns-login.ts';
import { DATA, INTERRUPT, MARKER } from './tns-packets.ts';
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
}

export interface TnsOptions {
  release: keyof typeof RELEASES;
  user: string;
  password: string;
  service: string;
  sid: string;
  /** Why the right password does not open the account. */
  closedBy?: { error: number; message: string };
  tls?: { key: string; cert: string };
  /** The connection is cut, or falls silent, when the client begins this. */
  stops?: { at: 'connect' | 'negotiation' | 'login'; by: 'cut' | 'silence' };
  answer: (statement: Statement) => Answer;
}

export interface Heard {
  login(login: TnsLogin): void;
  /** @returns how to answer. */
  statement(statement: Statement): Answer;
  count(what: 'breaks' | 'rowsGiven' | 'pings' | 'goodbyes'): void;
}

/** A whole message of the client, which may come in several packets. */
const readMessage = async <Found>(wire: Wire, first: Buffer, read: (body: Buffer) => Found): Promise<Found | undefined> => {
  for (let body = first; ;) {
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

const refusalOf = (connectData: string, options: TnsOptions): number | undefined => {
  const [, service] = /\(SERVICE_NAME=([^)]*)\)/i.exec(connectData) ?? [];
  const [, sid] = /\(SID=([^)]*)\)/i.exec(connectData) ?? [];
  if (service !== undefined) return service === options.service ? undefined : 12514;
  return sid === options.sid ? undefined : 12505;
};

/** Talks with one client until it leaves. */
export const converse = async (wire: Wire, options: TnsOptions, heard: Heard): Promise<void> => {
  const release = RELEASES[options.release];
  const { fieldVersion, hasEnds, largestText } = release;
  const session = createSession(wire, release, heard.statement, () => heard.count('rowsGiven'));

  /** Takes the next message; undefined: there is none, or the double goes no further. */
  const take = async <Found>(stage: string, read: (cursor: Cursor) => Found): Promise<Found | undefined> => {
    const packet = await wire.next();
    if (packet?.type !== DATA) return undefined;
    if (options.stops?.at !== stage) return readMessage(wire, packet.body, (body) => read(cursorOf(body)));
    if (options.stops.by === 'cut') wire.cut();
    return undefined;
  };

  /** Negotiates, and asks for the proof of the password. @returns whether the client came so far. */
  const negotiate = async (challenge: Buffer): Promise<boolean> => {
    if (hasEnds) {
      const first = await take('negotiation', (cursor) => ({ wantsZone: handshake.readFastAuth(cursor), auth: readAuth(cursor, 13) }));
      if (first === undefined) return false;
      session.reply(handshake.protocolAnswer(release), handshake.dataTypesAnswer(first.wantsZone), challenge, answers.status());
      return true;
    }
    if ((await take('negotiation', handshake.readProtocol)) === undefined) return false;
    wire.data(handshake.protocolAnswer(release), false);
    if ((await take('types', handshake.readDataTypes)) === undefined) return false;
    wire.data(handshake.dataTypesAnswer(false), false);
    if ((await take('user', (cursor) => readAuth(cursor, fieldVersion))) === undefined) return false;
    session.reply(challenge, answers.status());
    return true;
  };

  const logIn = async (connectData: string): Promise<boolean> => {
    const challenge = createChallenge(options.password);
    if (!(await negotiate(challenge.answer))) return false;
    const found = await take('login', (cursor) => readAuth(cursor, fieldVersion));
    if (found === undefined) return false;
    const proven = challenge.verify(found.pairs);
    heard.login({ user: found.user, password: proven?.password, connectData });
    const isRight = proven !== undefined && found.user.toUpperCase() === options.user.toUpperCase();
    const refusal = isRight ? options.closedBy : { error: 1017, message: 'invalid username/password; logon denied' };
    if (refusal !== undefined) await session.fail(refusal.error, refusal.message);
    else session.reply(welcome(release.version, options.service, proven?.proof ?? ''), answers.status());
    return refusal === undefined;
  };

  /** @returns whether the client stays. */
  const hear = async (body: Buffer): Promise<boolean> => {
    const call =
      body.length === 0 ? undefined : await readMessage(wire, body, (all) => readCall(all, { fieldVersion, largestText, ...session }));
    if (call === undefined) return false;
    if (call.kind === 'ping') heard.count('pings');
    if (call.kind === 'logoff') heard.count('goodbyes');
    await session.answer(call);
    return true;
  };

  const connectData = await handshake.readConnect(wire);
  if (connectData === undefined) return wire.cut();
  if (options.stops?.at === 'connect') return options.stops.by === 'cut' ? wire.cut() : undefined;
  const refusal = refusalOf(connectData, options);
  if (refusal !== undefined) return handshake.refuse(wire, refusal);
  handshake.accept(wire, release);
  if (!(await logIn(connectData))) return;
  for (let packet = await wire.next(); packet !== undefined; packet = await wire.next()) {
    if (packet.type !== MARKER) {
      if (!(await hear(packet.body))) return wire.end();
      continue;
    }
    if (packet.body[2] === INTERRUPT) heard.count('breaks');
    await session.fail(answers.CANCELLED, 'user requested cancel of current operation');
  }
};

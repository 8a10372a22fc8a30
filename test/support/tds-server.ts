import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ATTENTION, BATCH, createReader, LOGIN7, PRELOGIN, RESPONSE, RPC, toPackets } from './tds-packets.ts';
import type { Message } from './tds-packets.ts';
import { parseBatch, parseLogin, parseRpc } from './tds-requests.ts';
import type { Login, Statement } from './tds-requests.ts';
import { secure } from './tds-tls.ts';
import * as tokens from './tds-tokens.ts';
import type { Column, ServerError } from './tds-tokens.ts';

/** How the double answers a statement. */
export type Answer =
  | { kind: 'rows'; columns: readonly Column[]; rows: Iterable<readonly (Buffer | null)[]> }
  | { kind: 'changed'; count: number }
  | { kind: 'failed'; errors: readonly ServerError[] }
  | { kind: 'begun' }
  | { kind: 'ended' }
  /** Nothing comes until an attention. */
  | { kind: 'hangs' }
  /** As that, but the statement is done when the attention comes. */
  | { kind: 'late' }
  /** The connection is cut. */
  | { kind: 'cut' };

export interface TdsOptions {
  user: string;
  password: string;
  databases: readonly string[];
  tls?: { key: string; cert: string };
  answer: (statement: Statement) => Answer;
}

export interface TdsServer extends AsyncDisposable {
  port: number;
  logins: Login[];
  statements: Statement[];
  /** Attentions that came. */
  readonly attentions: number;
  /** Rows written. */
  readonly rowsGiven: number;
  /** Done when a statement with this text has come. */
  untilAsked(text: string): Promise<void>;
}

const [OFF, ON] = [2, 1];
const SETTING = /^set \w/i;

/** VERSION and ENCRYPTION, the two options that a client needs (MS-TDS 2.2.6.5). */
const preloginAnswer = (hasTls: boolean): Buffer =>
  Buffer.from([0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 1, 0, 0, hasTls ? ON : OFF]);

const loginError = ({ user, password, databases }: TdsOptions, login: Login): ServerError[] => {
  const failed = { number: 18456, severity: 14, message: `Login failed for user '${login.user}'.` };
  if (login.user !== user || login.password !== password) return [failed];
  if (login.database === '' || databases.includes(login.database)) return [];
  const closed = `Cannot open database "${login.database}" requested by the login. The login failed.`;
  return [{ number: 4060, severity: 11, message: closed }, failed];
};

/** A server of SQL Server's protocol TDS 7.4, which answers each statement as it is told. */
export const startTdsServer = async (options: TdsOptions): Promise<TdsServer> => {
  const logins: Login[] = [];
  const statements: Statement[] = [];
  const asked = new EventTarget();
  const sockets = new Set<Socket>();
  let attentions = 0;
  let rowsGiven = 0;

  const giveRows = async (
    wire: Duplex,
    answer: Extract<Answer, { kind: 'rows' }>,
    isProcedure: boolean,
    isCancelled: () => boolean,
  ): Promise<boolean> => {
    wire.write(toPackets(RESPONSE, tokens.columnsToken(answer.columns), false));
    let count = 0;
    for (const values of answer.rows) {
      if (isCancelled()) return false;
      count += 1;
      rowsGiven += 1;
      if (!wire.write(toPackets(RESPONSE, tokens.rowToken(answer.columns, values), false))) await once(wire, 'drain');
    }
    wire.write(toPackets(RESPONSE, tokens.ended(isProcedure, { count })));
    return true;
  };

  const reply = async (wire: Duplex, statement: Statement, isCancelled: () => boolean): Promise<boolean> => {
    const { isProcedure } = statement;
    const answer = options.answer(statement);
    const end = (...parts: Buffer[]): void => void wire.write(toPackets(RESPONSE, Buffer.concat(parts)));
    if (answer.kind === 'rows') return giveRows(wire, answer, isProcedure, isCancelled);
    if (answer.kind === 'changed') end(tokens.ended(isProcedure, { count: answer.count }));
    if (answer.kind === 'failed') end(...answer.errors.map(tokens.errorToken), tokens.ended(isProcedure, { isError: true }));
    if (answer.kind === 'begun') end(tokens.transactionBegun(), tokens.ended(isProcedure, {}));
    if (answer.kind === 'ended') end(tokens.transactionEnded(), tokens.ended(isProcedure, {}));
    if (answer.kind === 'cut') wire.destroy();
    return answer.kind !== 'hangs' && answer.kind !== 'late';
  };

  const logIn = (wire: Duplex, login: Login): void => {
    logins.push(login);
    const errors = loginError(options, login);
    if (errors.length > 0)
      return void wire.end(toPackets(RESPONSE, Buffer.concat([...errors.map(tokens.errorToken), tokens.ended(false, { isError: true })])));
    const changed = tokens.databaseChanged(login.database === '' ? 'master' : login.database);
    wire.write(toPackets(RESPONSE, Buffer.concat([changed, tokens.loginAck(), tokens.ended(false, {})])));
  };

  const listen = (wire: Duplex): void => {
    const reader = createReader();
    let current = 0;
    let running: Statement | undefined;
    const hear = ({ type, body }: Message): void => {
      if (type === LOGIN7) logIn(wire, parseLogin(body));
      if (type === ATTENTION) {
        attentions += 1;
        current += 1;
        // The answer that was begun ends; the attention has one of its own.
        if (running !== undefined)
          wire.write(
            toPackets(
              RESPONSE,
              tokens.ended(running.isProcedure, options.answer(running).kind === 'late' ? { count: 1 } : { isError: true }),
            ),
          );
        running = undefined;
        wire.write(toPackets(RESPONSE, tokens.cancelled()));
      }
      if (type !== BATCH && type !== RPC) return;
      const statement = type === BATCH ? parseBatch(body) : parseRpc(body);
      const mine = (current += 1);
      // The settings of a new connection.
      if (SETTING.test(statement.text)) return void wire.write(toPackets(RESPONSE, tokens.ended(statement.isProcedure, {})));
      statements.push(statement);
      running = statement;
      void reply(wire, statement, () => mine !== current)
        .then((hasEnded) => {
          if (hasEnded && mine === current) running = undefined;
        })
        .catch(() => wire.destroy());
      asked.dispatchEvent(new Event('statement'));
    };
    wire.on('data', (chunk: Buffer) => reader.take(chunk).forEach(hear));
    wire.on('error', () => wire.destroy());
  };

  const greet = async (socket: Socket): Promise<void> => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    const reader = createReader();
    const first = await new Promise<Message>((resolve) => {
      const hear = (chunk: Buffer): void => {
        const [message] = reader.take(chunk);
        if (message === undefined) return;
        socket.off('data', hear);
        resolve(message);
      };
      socket.on('data', hear);
    });
    if (first.type !== PRELOGIN) return void socket.destroy();
    const secured = options.tls === undefined ? undefined : secure(socket, options.tls);
    if (secured === undefined) listen(socket);
    socket.write(toPackets(RESPONSE, preloginAnswer(options.tls !== undefined)));
    if (secured !== undefined) listen(await secured);
  };

  const server = createServer((socket) => void greet(socket).catch(() => socket.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    logins,
    statements,
    get attentions() {
      return attentions;
    },
    get rowsGiven() {
      return rowsGiven;
    },
    async untilAsked(text) {
      while (!statements.some((statement) => statement.text.includes(text))) await once(asked, 'statement');
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

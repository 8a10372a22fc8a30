import { randomUUID } from 'node:crypto';
import { connectionClosed, connectionErrorOf, connectionLost } from '../socket-errors.ts';
import type { Address } from './envelopes.ts';
import { openLoggedIn, refuseStatus } from './login.ts';
import type { LoggedIn } from './login.ts';
import type { WinrmEndpoint } from './winrm-endpoint.ts';
import { faultError, notWsman, statusError } from './winrm-errors.ts';
import type { WsmanFault } from './winrm-errors.ts';
import { findFirst, parseXml } from './xml.ts';
import type { XmlElement } from './xml.ts';

export type WsmanAnswer = { fault: WsmanFault } | { fault: undefined; body: XmlElement };

/** Talks WS-Management over as many logged-in connections as are needed at once. */
export interface WsmanClient extends Disposable {
  readonly endpoint: WinrmEndpoint;
  readonly isOpen: boolean;
  /** A fault is an answer. @throws OpsError CONNECTION_LOST, CONNECTION_CLOSED (nothing was sent) and those of logging in; the signal's reason */
  exchange(build: (address: Address) => string, signal: AbortSignal): Promise<WsmanAnswer>;
  /** As exchange; a fault is thrown as what it means. */
  ask(doing: string, build: (address: Address) => string, signal: AbortSignal): Promise<XmlElement>;
}

interface Idle {
  connection: LoggedIn;
  sinceMs: number;
}

/** The server closes an idle connection after minutes; what is sent into a closing one is lost, so older ones are not used. */
const LONGEST_IDLE_MS = 30_000;

const faultOf = (root: XmlElement): WsmanFault | undefined => {
  const fault = findFirst(root, 'Fault');
  if (fault === undefined) return undefined;
  const code = Number(findFirst(fault, 'WSManFault')?.attributes['Code'] ?? Number.NaN);
  const subcode = findFirst(fault, 'Subcode');
  const subcodeText = (subcode === undefined ? undefined : findFirst(subcode, 'Value'))?.text.trim() ?? '';
  const reason = findFirst(fault, 'Text')?.text ?? findFirst(fault, 'Message')?.text ?? '';
  return { code: Number.isFinite(code) ? code : undefined, subcode: subcodeText.slice(subcodeText.indexOf(':') + 1), reason };
};

const readAnswer = (endpoint: WinrmEndpoint, status: number, text: string): WsmanAnswer => {
  if (status !== 200 && text.trim() === '') throw statusError(endpoint, status);
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (cause) {
    throw status === 200 ? notWsman(endpoint, cause) : statusError(endpoint, status);
  }
  const fault = faultOf(root);
  if (fault !== undefined) return { fault };
  const body = findFirst(root, 'Body');
  if (status !== 200 || body === undefined) throw statusError(endpoint, status);
  return { fault: undefined, body };
};

/** A client of an endpoint; it connects when it is first asked. */
export const createWsmanClient = (endpoint: WinrmEndpoint): WsmanClient => {
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const url = `${endpoint.isTls ? 'https' : 'http'}://${host}:${endpoint.port}/wsman`;
  const idle: Idle[] = [];
  const all = new Set<LoggedIn>();
  let isOpen = true;

  const drop = (connection: LoggedIn): void => {
    all.delete(connection);
    connection[Symbol.dispose]();
  };

  const takeIdle = (): LoggedIn | undefined => {
    for (let last = idle.pop(); last !== undefined; last = idle.pop()) {
      if (Date.now() - last.sinceMs < LONGEST_IDLE_MS) return last.connection;
      drop(last.connection);
    }
    return undefined;
  };

  const login = async (signal: AbortSignal): Promise<LoggedIn> => {
    try {
      const connection = await openLoggedIn(endpoint, signal);
      all.add(connection);
      return connection;
    } catch (cause) {
      signal.throwIfAborted();
      throw connectionErrorOf('WinRM', endpoint, cause) ?? notWsman(endpoint, cause);
    }
  };

  const postOn = async (connection: LoggedIn, message: string, isFirst: boolean, signal: AbortSignal) => {
    try {
      const answer = await connection.post(message, signal);
      if (answer.status === 401 || !isOpen) drop(connection);
      else idle.push({ connection, sinceMs: Date.now() });
      return answer;
    } catch (cause) {
      drop(connection);
      signal.throwIfAborted();
      if (isFirst) throw connectionErrorOf('WinRM', endpoint, cause) ?? notWsman(endpoint, cause);
      isOpen = false;
      throw connectionLost('WinRM', endpoint, 'while a message was answered', cause);
    }
  };

  let hasAnswered = false;
  const exchange: WsmanClient['exchange'] = async (build, signal) => {
    if (!isOpen) throw connectionClosed('WinRM', endpoint, 'before this message was sent', undefined);
    const message = build({ url, messageId: randomUUID() });
    const kept = takeIdle();
    let answer = await postOn(kept ?? (await login(signal)), message, !hasAnswered, signal);
    // A server that forgot the login has not looked at the message: another connection may bring it.
    if (answer.status === 401 && kept !== undefined) answer = await postOn(await login(signal), message, !hasAnswered, signal);
    refuseStatus(endpoint, answer);
    const read = readAnswer(endpoint, answer.status, answer.text);
    hasAnswered = true;
    return read;
  };

  return {
    endpoint,
    get isOpen() {
      return isOpen;
    },
    exchange,
    async ask(doing, build, signal) {
      const answer = await exchange(build, signal);
      if (answer.fault !== undefined) throw faultError(endpoint, doing, answer.fault);
      return answer.body;
    },
    [Symbol.dispose]: () => {
      isOpen = false;
      for (const connection of all) drop(connection);
    },
  };
};

/** The text of an element that must be there. @throws OpsError PROTOCOL_ERROR */
export const textOf = (endpoint: WinrmEndpoint, element: XmlElement | undefined, what: string): string => {
  const text = element?.text.trim() ?? '';
  if (text === '') throw notWsman(endpoint, new Error(`its answer has no ${what}`));
  return text;
};

import { OpsError } from '../../domain/ops-error.ts';
import { connectionLost } from '../socket-errors.ts';
import type { OutputSink } from '../transport.ts';
import { commandMessage, createMessage, deleteMessage, receiveMessage, sendMessage, signalMessage } from './envelopes.ts';
import { faultError, isPollTimeout } from './winrm-errors.ts';
import type { WsmanFault } from './winrm-errors.ts';
import { textOf } from './wsman-client.ts';
import type { WsmanAnswer, WsmanClient } from './wsman-client.ts';
import { findAll, findFirst } from './xml.ts';
import type { XmlElement } from './xml.ts';

/** A program that was started in a shell of its own. */
export interface RemoteCommand {
  /** Gives it a part of its input. @returns why it took no more: it has ended as a rule, and its output says more. */
  send(chunk: Buffer, isLast: boolean, signal: AbortSignal): Promise<WsmanFault | undefined>;
  /** Delivers its output to the end. @param refused why its input was not taken: then it must end by itself. @returns the exit code, as a signed number of 32 bits. */
  receive(output: OutputSink, signal: AbortSignal, refused?: WsmanFault): Promise<number>;
  terminate(signal: AbortSignal): Promise<void>;
}

/** A shell on the target. */
export interface RemoteShell {
  start(commandLine: string, signal: AbortSignal): Promise<RemoteCommand>;
  /** Closes it; Windows ends what still runs in it. @returns whether it is gone. */
  close(signal: AbortSignal): Promise<boolean>;
}

/** In Base64 and an envelope it stays below the 150 KB that the oldest servers take. */
export const LARGEST_INPUT_BYTES = 90_000;
const EXIT_CODE = /^-?\d{1,10}$/;
const DONE = /\/CommandState\/Done$/;

/** From the start of a program on, a connection or a login that cannot be made leaves its outcome as unknown as one that breaks. */
const asLost = ({ endpoint }: WsmanClient, error: unknown): unknown => {
  if (!(error instanceof OpsError) || (error.category !== 'communication' && error.category !== 'authentication')) return error;
  const cause = error.code === 'CONNECTION_LOST' ? error.cause : error;
  return cause === undefined ? error : connectionLost('WinRM', endpoint, 'while the program ran; it may still run there', cause);
};

const exchange: (client: WsmanClient, ...asked: Parameters<WsmanClient['exchange']>) => Promise<WsmanAnswer> = async (
  client,
  build,
  signal,
) => {
  try {
    return await client.exchange(build, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw asLost(client, error);
  }
};

const deliver = async (body: XmlElement, output: OutputSink): Promise<void> => {
  for (const { attributes, text } of findAll(body, 'Stream')) {
    const stream = attributes['Name'] === 'stderr' ? 'stderr' : 'stdout';
    const chunk = Buffer.from(text, 'base64');
    if (chunk.length > 0) await output(stream, chunk);
  }
};

/** The code once the program has ended; Windows has numbers without a sign, of which the upper half are its own errors. */
const exitCodeIn = ({ endpoint }: WsmanClient, body: XmlElement): number | undefined => {
  const state = findFirst(body, 'CommandState');
  if (state === undefined || !DONE.test(state.attributes['State'] ?? '')) return undefined;
  const text = findFirst(state, 'ExitCode')?.text.trim() ?? '';
  if (!EXIT_CODE.test(text)) throw connectionLost('WinRM', endpoint, 'off the program without telling its exit code', undefined);
  return Number(text) | 0;
};

const commandOf = (client: WsmanClient, shellId: string, commandId: string): RemoteCommand => ({
  async send(chunk, isLast, signal) {
    const { fault } = await exchange(client, (address) => sendMessage(address, shellId, commandId, chunk, isLast), signal);
    return fault;
  },
  async receive(output, signal, refused) {
    for (;;) {
      const answer = await exchange(client, (address) => receiveMessage(address, shellId, commandId), signal);
      if (answer.fault !== undefined) {
        // It waits for an input that will never come.
        if (isPollTimeout(answer.fault) && refused !== undefined)
          throw asLost(client, faultError(client.endpoint, 'to take the input of the program', refused));
        if (isPollTimeout(answer.fault)) continue;
        throw asLost(client, faultError(client.endpoint, 'to tell the output of the program', answer.fault));
      }
      await deliver(answer.body, output);
      const exitCode = exitCodeIn(client, answer.body);
      if (exitCode !== undefined) return exitCode;
    }
  },
  async terminate(signal) {
    await client.exchange((address) => signalMessage(address, shellId, commandId), signal);
  },
});

/** @throws OpsError LOGIN_REJECTED, PROTOCOL_ERROR, CONNECTION_LOST */
export const openShell = async (client: WsmanClient, signal: AbortSignal): Promise<RemoteShell> => {
  const created = await client.ask('to open a shell', createMessage, signal);
  const selectors = findAll(created, 'Selector').find(({ attributes }) => attributes['Name'] === 'ShellId');
  const shellId = textOf(client.endpoint, selectors ?? findFirst(created, 'ShellId'), 'id of the shell');
  return {
    async start(commandLine, starting) {
      const body = await client.ask('to start a program', (address) => commandMessage(address, shellId, commandLine), starting);
      return commandOf(client, shellId, textOf(client.endpoint, findFirst(body, 'CommandId'), 'id of the command'));
    },
    async close(closing) {
      const { fault } = await client.exchange((address) => deleteMessage(address, shellId), closing);
      return fault === undefined || faultError(client.endpoint, 'to close a shell', fault).code === 'CONNECTION_LOST';
    },
  };
};

import { OpsError } from '../../domain/ops-error.ts';
import { connectionLost } from '../socket-errors.ts';
import type { OutputSink } from '../transport.ts';
import { commandMessage, createMessage, deleteMessage, receiveMessage, sendMessage, signalMessage } from './envelopes.ts';
import { faultError, isPollTimeout } from './winrm-errors.ts';
import { textOf } from './wsman-client.ts';
import type { WsmanClient } from './wsman-client.ts';
import { findAll, findFirst } from './xml.ts';
import type { XmlElement } from './xml.ts';

/** A program that was started in a shell of its own. */
export interface RemoteCommand {
  /** Gives it a part of its input; false when it takes no more (it has ended, or closed its input). */
  send(chunk: Buffer, isLast: boolean, signal: AbortSignal): Promise<boolean>;
  /** Delivers its output to the end. @returns the exit code, as a signed number of 32 bits. */
  receive(output: OutputSink, signal: AbortSignal): Promise<number>;
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
const DONE = /\/CommandState\/Done$/;

/** From the start of a program on, a connection that cannot be made leaves its outcome as unknown as one that breaks. */
const asLost = ({ endpoint }: WsmanClient, error: unknown): unknown => {
  if (!(error instanceof OpsError) || error.category !== 'communication') return error;
  const cause = error.code === 'CONNECTION_LOST' ? error.cause : error;
  return cause === undefined ? error : connectionLost('WinRM', endpoint, 'while the program ran; it may still run there', cause);
};

const deliver = async (body: XmlElement, output: OutputSink): Promise<void> => {
  for (const { attributes, text } of findAll(body, 'Stream')) {
    const stream = attributes['Name'] === 'stderr' ? 'stderr' : 'stdout';
    const chunk = Buffer.from(text, 'base64');
    if (chunk.length > 0) await output(stream, chunk);
  }
};

/** The code once the program has ended. */
const exitCodeIn = (body: XmlElement): number | undefined => {
  const state = findFirst(body, 'CommandState');
  if (state === undefined || !DONE.test(state.attributes['State'] ?? '')) return undefined;
  return Number(findFirst(state, 'ExitCode')?.text.trim() ?? 0) | 0;
};

const commandOf = (client: WsmanClient, shellId: string, commandId: string): RemoteCommand => ({
  async send(chunk, isLast, signal) {
    const { fault } = await client.exchange((address) => sendMessage(address, shellId, commandId, chunk, isLast), signal);
    return fault === undefined;
  },
  async receive(output, signal) {
    for (;;) {
      let answer;
      try {
        answer = await client.exchange((address) => receiveMessage(address, shellId, commandId), signal);
      } catch (error) {
        signal.throwIfAborted();
        throw asLost(client, error);
      }
      if (answer.fault !== undefined) {
        if (isPollTimeout(answer.fault)) continue;
        throw asLost(client, faultError(client.endpoint, 'to tell the output of the program', answer.fault));
      }
      await deliver(answer.body, output);
      const exitCode = exitCodeIn(answer.body);
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

import { OpsError } from '../../domain/ops-error.ts';
import type { ReadDeniedNetworks } from '../http/denied-networks.ts';
import type { OpenSession, Session } from '../transport.ts';
import { identifyMessage } from './envelopes.ts';
import { createFiles } from './files.ts';
import { runProgram } from './run-program.ts';
import { loginText, toWinrmEndpoint } from './winrm-endpoint.ts';
import { createWsmanClient } from './wsman-client.ts';
import type { WsmanClient } from './wsman-client.ts';
import { findFirst } from './xml.ts';

const PROBE = {
  interpreter: 'sh',
  text: 'echo ok',
  arguments: [],
  workingDirectory: undefined,
  environment: {},
  marker: 'connection-test',
} as const;

/** Runs an echo, the way that actions run: a login that is let in may still not be allowed a shell, or have no PowerShell. */
const probe = async (client: WsmanClient, version: string, signal: AbortSignal): Promise<string> => {
  const { exitCode } = await runProgram(client, PROBE, async () => {}, signal);
  if (exitCode === 0) return version;
  throw new OpsError('COMMAND_FAILED', `${loginText(client.endpoint)}, but an echo ended with exit code ${exitCode}.`);
};

const sessionOf = (client: WsmanClient, version: string): Session => ({
  login: loginText(client.endpoint),
  hostKeyFingerprint: undefined,
  get isOpen() {
    return client.isOpen;
  },
  probe: (signal) => probe(client, version, signal),
  shell: client.endpoint.config.shell,
  run: (program, output, signal) => runProgram(client, program, output, signal),
  files: createFiles(client),
  [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
});

/**
 * WinRM: WS-Management over HTTP, logged in by NTLMv2 (messages encrypted by its keys unless TLS does it) or basic.
 * A login is proven by an Identify, which the server answers to nobody who is not logged in.
 */
export const createOpenWinrm =
  (deniedNetworks: ReadDeniedNetworks): OpenSession =>
  async (endpoint, signal) => {
    const client = createWsmanClient(toWinrmEndpoint(endpoint, deniedNetworks));
    try {
      const answer = await client.ask('to say what it is', identifyMessage, signal);
      return sessionOf(client, ['ProductVendor', 'ProductVersion'].flatMap((name) => findFirst(answer, name)?.text.trim() ?? []).join(' '));
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  };

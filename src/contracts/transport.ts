import { z } from 'zod';
import type { CommunicationMethodType } from './enums.ts';
import { Text } from './text.ts';

/** Secrets of a credential, as they are sealed. One shape a credential type. */
export const PasswordSecret = z.strictObject({ username: Text(255).min(1), password: Text(4096).min(1) });
export const SshKeySecret = z.strictObject({
  username: Text(255).min(1),
  private_key: Text(32_768).min(1),
  passphrase: Text(4096).optional(),
});
export type PasswordSecret = z.infer<typeof PasswordSecret>;
export type SshKeySecret = z.infer<typeof SshKeySecret>;

/** What a transport logs in with. */
export type LoginSecret = ({ type: 'password' } & PasswordSecret) | ({ type: 'ssh_key' } & SshKeySecret);

/** Where and how to reach a target. */
export interface Endpoint {
  methodType: CommunicationMethodType;
  /** Address or DNS name. */
  host: string;
  port: number;
  /** Pinned host key (`SHA256:…`), undefined before the first use. */
  hostKeyFingerprint: string | undefined;
  /** Windows and everything else put a command in different hands. */
  platform: 'posix' | 'windows';
  connectTimeoutMs: number;
  keepAliveMs: number;
  secret: LoginSecret;
}

/** The program that interprets a text on the target. */
export type Interpreter = 'sh' | 'bash' | 'python' | 'powershell' | 'javascript' | 'batch';

/** A text to run on a target. Text, arguments and environment travel in the encrypted channel, never in an argument list. */
export interface RemoteProgram {
  interpreter: Interpreter;
  text: string;
  arguments: readonly string[];
  workingDirectory: string | undefined;
  environment: Readonly<Record<string, string>>;
  /** Marks the process and all its descendants (environment variable OPSCONDUCTOR_ACTION), so that they can be found and ended. */
  marker: string;
}

/** How a program ended. A signal name instead of a code when it was killed. */
export interface ProgramExit {
  exitCode: number | null;
  signal: string | null;
}

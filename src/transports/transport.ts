import type { OutputStream } from '../contracts/enums.ts';
import type { Endpoint, ProgramExit, RemoteProgram } from '../contracts/transport.ts';

/** Receives output as it comes. The transport reads no further until the promise is done: that is the back-pressure. */
export type OutputSink = (stream: OutputStream, chunk: Buffer) => Promise<void>;

/** One logged-in connection to a target; several programs may run over it, also at once. Disposing closes it. */
export interface Session extends AsyncDisposable {
  /** `SHA256:…` of the key that the host showed. */
  readonly hostKeyFingerprint: string;
  /** False once the connection is gone. */
  readonly isOpen: boolean;
  /**
   * Runs a program to its end; a non-zero exit is a result, not an error.
   * When `signal` aborts, the remote process and all its descendants are ended (TERM, then KILL) and the promise rejects with the signal's reason.
   * @throws OpsError CONNECTION_LOST when the connection breaks before the exit was seen: the outcome is then unknown to the caller.
   */
  run(program: RemoteProgram, output: OutputSink, signal: AbortSignal): Promise<ProgramExit>;
}

/**
 * Connects and logs in.
 * @throws OpsError NAME_NOT_FOUND, CONNECTION_REFUSED, CONNECTION_TIMED_OUT, HOST_UNREACHABLE, PROTOCOL_ERROR, LOGIN_REJECTED, KEY_UNUSABLE, HOST_KEY_CHANGED;
 * each names host and port, whose fault it is and what to do, never a secret.
 */
export type OpenSession = (endpoint: Endpoint, signal: AbortSignal) => Promise<Session>;

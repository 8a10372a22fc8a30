import type { Readable } from 'node:stream';
import type { OutputStream } from '../contracts/enums.ts';
import type {
  CommandShell,
  Endpoint,
  FileOperation,
  HttpRequest,
  HttpResponse,
  Mail,
  MailReceipt,
  OidOperation,
  ProgramExit,
  QueryRequest,
  QueryResult,
  RemoteFile,
  RemoteProgram,
} from '../contracts/transport.ts';

/** Receives output as it comes. The transport reads no further until the promise is done: that is the back-pressure. */
export type OutputSink = (stream: OutputStream, chunk: Buffer) => Promise<void>;

/** Files of a target. Paths are those of the target; errors are OpsError FILE_MISSING, FILE_REFUSED, FILE_FAILED, CONNECTION_LOST. */
export interface RemoteFiles {
  /** undefined: there is nothing. */
  stat(path: string, signal: AbortSignal): Promise<RemoteFile | undefined>;
  /** Reads from byte `start`. */
  read(path: string, start: number, signal: AbortSignal): Promise<Readable>;
  /** Writes from byte `start` on; 0 begins anew. The parent folder must exist. @returns bytes written. */
  write(path: string, content: Readable, start: number, signal: AbortSignal): Promise<number>;
  /** SHA-256 of the first `length` bytes, computed on the target where it can, hex. */
  sha256(path: string, length: number, signal: AbortSignal): Promise<string>;
  /** Copy, move, delete, chmod, chown, mkdir on the target itself. */
  perform(operation: FileOperation, runAs: string | undefined, signal: AbortSignal): Promise<void>;
}

/**
 * One logged-in connection to a target; several actions may use it, also at once. Disposing closes it. Which of the optional members exist follows
 * from the capabilities of its method (contracts/capabilities.ts). When its signal aborts, each rejects with Aborted, which says what had become of the
 * work (files: with the signal's reason; what they do may be done again). It rejects with OpsError CONNECTION_CLOSED when the connection broke before
 * anything was sent, CONNECTION_LOST when it broke before the end was seen: the outcome is then unknown to the caller.
 */
export interface Session extends AsyncDisposable {
  /** `SHA256:…` of the key that the host showed, for protocols that have one. */
  readonly hostKeyFingerprint: string | undefined;
  /** Who was logged in, as people may read it. */
  readonly login: string;
  /** False once the connection is gone. */
  readonly isOpen: boolean;
  /** Proves that the target answers to the login, and changes nothing there. @returns what to tell, such as the server's version. */
  probe(signal: AbortSignal): Promise<string>;
  /** What reads the text of a command that `run` is given: values in it have to be quoted for that, whatever the target is said to be. */
  readonly shell?: CommandShell;
  /**
   * Runs a program to its end; a non-zero exit is a result, not an error.
   * When `signal` aborts, the remote process and all its descendants are ended (TERM, then KILL); OpsError OUTCOME_UNKNOWN where that was not seen.
   */
  run?(program: RemoteProgram, output: OutputSink, signal: AbortSignal): Promise<ProgramExit>;
  /** @throws OpsError QUERY_FAILED with what the server said. */
  query?(request: QueryRequest, output: OutputSink, signal: AbortSignal): Promise<QueryResult>;
  /** Any status is a result. */
  request?(request: HttpRequest, output: OutputSink, signal: AbortSignal): Promise<HttpResponse>;
  /** @throws OpsError MAIL_REFUSED with what the server said. */
  send?(mail: Mail, signal: AbortSignal): Promise<MailReceipt>;
  /** Each value is a line of the output: `oid = type: value`. @throws OpsError OID_FAILED */
  oids?(operation: OidOperation, output: OutputSink, signal: AbortSignal): Promise<void>;
  readonly files?: RemoteFiles;
}

/**
 * Connects and logs in.
 * @throws OpsError NAME_NOT_FOUND, CONNECTION_REFUSED, CONNECTION_TIMED_OUT, HOST_UNREACHABLE, PROTOCOL_ERROR, LOGIN_REJECTED, KEY_UNUSABLE,
 * HOST_KEY_CHANGED, CERTIFICATE_REFUSED; each names host and port, whose fault it is and what to do, never a secret.
 */
export type OpenSession = (endpoint: Endpoint, signal: AbortSignal) => Promise<Session>;

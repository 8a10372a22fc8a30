import { PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import type { FileOperation, RemoteFile } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { OutputSink, RemoteFiles } from '../transport.ts';
import { fileArgument, fileCommandLine } from './file-scripts.ts';
import type { FileScript } from './file-scripts.ts';
import { runCommand } from './run-command.ts';
import { unableTo } from './winrm-errors.ts';
import type { WsmanClient } from './wsman-client.ts';

const CODES: Readonly<Record<number, ErrorCode>> = { 2: 'FILE_MISSING', 3: 'FILE_REFUSED' };
const LONGEST_REASON = 500;
/** In Base64, and that in Base64 again, it fits into a message. */
const PART_BYTES = 49_152;
const KINDS = { file: 'file', directory: 'directory', link: 'link' } as const;

interface FileWork {
  script: FileScript;
  path: string;
  arguments: readonly string[];
  content?: AsyncIterable<Buffer>;
  onStdout?: (chunk: Buffer) => Promise<void>;
}

async function* inputOf(lines: readonly string[], content: AsyncIterable<Buffer> | undefined): AsyncGenerator<Buffer> {
  yield Buffer.from(lines.join(''));
  if (content === undefined) return;
  for await (const part of content) yield Buffer.from(`${part.toString('base64')}\n`);
  yield Buffer.from('.\n');
}

/** Runs a script of files. @returns what it printed, unless somebody else takes it. @throws OpsError FILE_MISSING, FILE_REFUSED, FILE_FAILED */
const runScript = async (
  client: WsmanClient,
  { script, path, arguments: rest, content, onStdout }: FileWork,
  signal: AbortSignal,
): Promise<string> => {
  let stdout = '';
  let stderr = '';
  const output: OutputSink = async (stream, chunk) => {
    if (stream === 'stderr') stderr = (stderr + chunk.toString()).slice(0, LONGEST_REASON);
    else if (onStdout === undefined) stdout += chunk.toString('latin1');
    else await onStdout(chunk);
  };
  const input = inputOf([path, ...rest].map(fileArgument), content);
  const exitCode = await runCommand(client, { commandLine: fileCommandLine(script), input, output }, signal);
  if (exitCode === 0) return stdout.trim();
  const { host, port } = client.endpoint;
  throw new OpsError(
    CODES[exitCode] ?? 'FILE_FAILED',
    `WinRM to ${host} port ${port}: ${script} of ${path} failed: ${stderr.trim() || `exit code ${exitCode}`}`,
  );
};

/** Content in parts of at most PART_BYTES. */
async function* partsOf(content: Readable, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      count(part.length);
      yield part;
    }
  }
}

/** Turns lines of Base64 into bytes, however they come. */
const createLineDecoder = () => {
  let held = '';
  let isComplete = false;
  return {
    get isComplete() {
      return isComplete;
    },
    push(chunk: Buffer): Buffer {
      const lines = (held + chunk.toString('latin1')).split('\n');
      held = lines.pop() ?? '';
      const texts = lines.map((line) => line.trim());
      isComplete ||= texts.includes('.');
      return Buffer.concat(texts.filter((text) => text !== '.').map((text) => Buffer.from(text, 'base64')));
    },
  };
};

const read = (client: WsmanClient, path: string, start: number, signal: AbortSignal): Readable => {
  const stream = new PassThrough();
  // A reader that leaves early ends the script on the target.
  const left = new AbortController();
  stream.on('close', () => left.abort(new Error('the reader left')));
  const decoder = createLineDecoder();
  const onStdout = async (chunk: Buffer): Promise<void> => {
    const bytes = decoder.push(chunk);
    if (bytes.length === 0 || stream.write(bytes) || stream.destroyed) return;
    await new Promise<void>((resolve) => {
      stream.once('drain', resolve);
      stream.once('close', resolve);
    });
  };
  const done = async (): Promise<void> => {
    await runScript(client, { script: 'read', path, arguments: [String(start)], onStdout }, AbortSignal.any([signal, left.signal]));
    if (!decoder.isComplete) throw new OpsError('FILE_FAILED', `The content of ${path} was cut short on its way.`);
    stream.end();
  };
  done().catch((error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))));
  return stream;
};

const yesIf = (is: boolean): string => (is ? 'yes' : 'no');

const NO_MODES = 'Windows has no permission bits, so a mode cannot be set. Use icacls in a command instead.';

const workOf = (client: WsmanClient, operation: FileOperation): FileWork => {
  const { source: path } = operation;
  if (operation.operation === 'chmod' || (operation.operation === 'mkdir' && operation.mode !== undefined))
    throw unableTo(client.endpoint, NO_MODES);
  return { script: operation.operation, path, arguments: argumentsOf(operation) };
};

const argumentsOf = (operation: FileOperation): string[] => {
  if (operation.operation === 'copy') return [operation.destination, yesIf(operation.preservePermissions)];
  if (operation.operation === 'move') return [operation.destination];
  if (operation.operation === 'delete') return [yesIf(operation.isRecursive)];
  if (operation.operation === 'chown') return [operation.owner, yesIf(operation.isRecursive)];
  return [];
};

const toFile = (text: string): RemoteFile | undefined => {
  const [kind = '', bytes = '0'] = text.split(' ');
  if (kind === 'none') return undefined;
  return { kind: kind in KINDS ? KINDS[kind as keyof typeof KINDS] : 'other', bytes: Number(bytes), mode: undefined };
};

const stat = async (client: WsmanClient, path: string, signal: AbortSignal): Promise<RemoteFile | undefined> =>
  toFile(await runScript(client, { script: 'stat', path, arguments: [] }, signal));

const refuseOverwrite = async (client: WsmanClient, operation: FileOperation, signal: AbortSignal): Promise<void> => {
  if (!('destination' in operation) || operation.overwrite) return;
  const { destination } = operation;
  if ((await stat(client, destination, signal)) !== undefined)
    throw new OpsError('FILE_FAILED', `${destination} is there already, and overwrite is false.`);
};

/** Files by PowerShell: paths and content travel on its standard input, content as lines of Base64. */
export const createFiles = (client: WsmanClient): RemoteFiles => ({
  stat: (path, signal) => stat(client, path, signal),
  read: async (path, start, signal) => read(client, path, start, signal),
  async write(path, content, start, signal) {
    let sent = 0;
    const parts = partsOf(content, (bytes) => {
      sent += bytes;
    });
    const written = Number(await runScript(client, { script: 'write', path, arguments: [String(start)], content: parts }, signal));
    if (written !== sent) throw new OpsError('FILE_FAILED', `Of ${path}, ${written} bytes were written and ${sent} were sent.`);
    return written;
  },
  sha256: (path, length, signal) => runScript(client, { script: 'sha256', path, arguments: [String(length)] }, signal),
  async perform(operation, runAs, signal) {
    if (runAs !== undefined)
      throw unableTo(client.endpoint, `it cannot work on files as another user (run_as ${runAs}); use a credential of that user.`);
    await refuseOverwrite(client, operation, signal);
    await runScript(client, workOf(client, operation), signal);
  },
});

import type { FileOperation, RemoteFile } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { OutputSink, RemoteFiles } from '../transport.ts';
import { fileArgument, fileCommandLine } from './file-scripts.ts';
import type { FileScript } from './file-scripts.ts';

/** A Windows host on which lines can be run. */
export interface LineHost {
  /** As errors begin, such as `WinRM to 10.0.0.1 port 5985`. */
  where: string;
  /** Runs a line to its end. @returns its exit code */
  run(work: { commandLine: string; input: AsyncIterable<Buffer>; output: OutputSink }, signal: AbortSignal): Promise<number | null>;
}

interface FileWork {
  script: FileScript;
  path: string;
  arguments: readonly string[];
  /** Parts of the content, for the script that takes one. */
  content?: AsyncIterable<Buffer>;
  onStdout?: (chunk: Buffer) => Promise<void>;
}

const CODES: Readonly<Record<number, ErrorCode>> = { 2: 'FILE_MISSING', 3: 'FILE_REFUSED' };
const LONGEST_REASON_BYTES = 1_000;
const KINDS = { file: 'file', directory: 'directory', link: 'link' } as const;

async function* inputOf(lines: readonly string[], content: AsyncIterable<Buffer> | undefined): AsyncGenerator<Buffer> {
  yield Buffer.from(lines.join(''));
  if (content === undefined) return;
  for await (const part of content) yield Buffer.from(`${part.toString('base64')}\n`);
  yield Buffer.from('.\n');
}

/** Runs a script of files. @returns what it printed, unless somebody else takes it. @throws OpsError FILE_MISSING, FILE_REFUSED, FILE_FAILED */
export const runFileScript = async (
  host: LineHost,
  { script, path, arguments: rest, content, onStdout }: FileWork,
  signal: AbortSignal,
): Promise<string> => {
  let stdout = '';
  // Decoded when it is whole: a character may be cut in two on its way.
  let stderr = Buffer.alloc(0);
  const output: OutputSink = async (stream, chunk) => {
    if (stream === 'stderr') stderr = Buffer.concat([stderr, chunk]).subarray(0, LONGEST_REASON_BYTES);
    else if (onStdout === undefined) stdout += chunk.toString('latin1');
    else await onStdout(chunk);
  };
  const input = inputOf([path, ...rest].map(fileArgument), content);
  const exitCode = await host.run({ commandLine: fileCommandLine(script), input, output }, signal);
  if (exitCode === 0) return stdout.trim();
  throw new OpsError(
    CODES[exitCode ?? 0] ?? 'FILE_FAILED',
    `${host.where}: ${script} of ${path} failed: ${stderr.toString().trim() || `exit code ${exitCode ?? 'not told'}`}`,
  );
};

const yesIf = (is: boolean): string => (is ? 'yes' : 'no');

const argumentsOf = (operation: FileOperation): string[] => {
  if ('destination' in operation) return [operation.destination, yesIf(operation.overwrite), yesIf(operation.preservePermissions)];
  if (operation.operation === 'delete') return [yesIf(operation.isRecursive)];
  if (operation.operation === 'chown') return [operation.owner, yesIf(operation.isRecursive)];
  return [];
};

const toFile = (text: string): RemoteFile | undefined => {
  const [kind = '', bytes = '0'] = text.split(' ');
  if (kind === 'none') return undefined;
  return { kind: kind in KINDS ? KINDS[kind as keyof typeof KINDS] : 'other', bytes: Number(bytes), mode: undefined };
};

const unable = ({ where }: LineHost, what: string): OpsError => new OpsError('METHOD_UNSUPPORTED', `${where}: ${what}`);

/** All but content, by PowerShell: paths travel on its standard input. What the operations mean is what they mean on POSIX targets. */
export const createScriptFiles = (host: LineHost): Pick<RemoteFiles, 'stat' | 'sha256' | 'perform'> => ({
  stat: async (path, signal) => toFile(await runFileScript(host, { script: 'stat', path, arguments: [] }, signal)),
  sha256: (path, length, signal) => runFileScript(host, { script: 'sha256', path, arguments: [String(length)] }, signal),
  async perform(operation, runAs, signal) {
    if (runAs !== undefined)
      throw unable(host, `files of a Windows target cannot be worked on as another user (run_as ${runAs}); use a credential of that user.`);
    if (operation.operation === 'chmod' || (operation.operation === 'mkdir' && operation.mode !== undefined))
      throw unable(host, 'Windows has no permission bits, so a mode cannot be set. Use icacls in a command instead.');
    const work = { script: operation.operation, path: operation.source, arguments: argumentsOf(operation) };
    await runFileScript(host, work, signal);
  },
});

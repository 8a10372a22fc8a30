import type { FileOperation, RemoteProgram } from '../../contracts/transport.ts';
import type { SshLink } from './connect-ssh.ts';
import { runProgram } from './run-program.ts';
import { toolError } from './sftp-errors.ts';

const LONGEST_REASON = 1_000;

/** `$1` source, `$2` destination, `$3` yes or no, `$4` yes or no. English words, whatever the target speaks: errors are told by them. */
const HEAD = 'LC_ALL=C; export LC_ALL';

/** A file goes into a folder that is there, as cp and mv have it; a folder becomes the destination itself, so that a repeat does the same again. */
const DESTINATION = `
s=$1 d=$2
ls -d -- "$s" >/dev/null || exit 1
if [ -d "$d" ] && { [ ! -d "$s" ] || [ -L "$s" ]; }; then d=\${d%/}/\${s##*/}; fi
if [ "$3" = no ] && { [ -e "$d" ] || [ -L "$d" ]; }; then echo "$d is there already, and overwrite is false" >&2; exit 1; fi
`;
const COPY = `${DESTINATION}
if [ -d "$s" ] && [ ! -L "$s" ]; then
  [ "$4" = yes ] && set -- -RPp || set -- -RP
  if [ -d "$d" ]; then exec cp "$@" -- "$s/." "$d"; fi
  exec cp "$@" -- "$s" "$d"
fi
if [ "$4" = yes ]; then exec cp -p -- "$s" "$d"; fi
exec cp -- "$s" "$d"
`;
const MOVE = `${DESTINATION}
if [ -d "$d" ] && [ ! -L "$d" ]; then echo "$d is a folder that is there already" >&2; exit 1; fi
exec mv -f -- "$s" "$d"
`;
const DELETE = `
ls -d -- "$1" >/dev/null || exit 1
if [ "$2" = yes ]; then exec rm -rf -- "$1"; fi
if [ -d "$1" ] && [ ! -L "$1" ]; then exec rmdir -- "$1"; fi
exec rm -- "$1" </dev/null
`;
const MKDIR = `
mkdir -p -- "$1" || exit 1
[ "$2" = '' ] || exec chmod -- "$2" "$1"
`;
/** Links below are left alone: who can make one in the folder must not have another file changed by it. */
const CHMOD = `if [ "$3" = yes ]; then exec chmod -R -- "$2" "$1"; fi; exec chmod -- "$2" "$1"`;
const CHOWN = `if [ "$3" = yes ]; then exec chown -hR -- "$2" "$1"; fi; exec chown -- "$2" "$1"`;

const SCRIPTS = { copy: COPY, move: MOVE, delete: DELETE, mkdir: MKDIR, chmod: CHMOD, chown: CHOWN } as const;

const yesNo = (is: boolean): string => (is ? 'yes' : 'no');

const argumentsOf = (operation: FileOperation): string[] => {
  if ('destination' in operation) return [operation.destination, yesNo(operation.overwrite), yesNo(operation.preservePermissions)];
  if (operation.operation === 'delete') return [yesNo(operation.isRecursive)];
  if (operation.operation === 'mkdir') return [operation.mode ?? ''];
  const value = operation.operation === 'chmod' ? operation.mode : operation.owner;
  return [value, yesNo(operation.isRecursive)];
};

const programOf = (text: string, args: readonly string[], marker: string, runAs: string | undefined): RemoteProgram => ({
  interpreter: 'sh',
  text: `${HEAD}\n${text}`,
  arguments: args,
  workingDirectory: undefined,
  environment: {},
  marker,
  runAs,
});

interface ToolResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a short text with tools of the target. Its output is kept to some hundred characters. */
export const runTool = async (
  link: SshLink,
  text: string,
  args: readonly string[],
  { runAs, signal }: { runAs?: string | undefined; signal: AbortSignal },
): Promise<ToolResult> => {
  const printed = { stdout: '', stderr: '' };
  const program = programOf(text, args, `files-${crypto.randomUUID()}`, runAs);
  const { exitCode } = await runProgram(
    link,
    program,
    async (stream, chunk) => {
      printed[stream] = (printed[stream] + chunk.toString()).slice(0, LONGEST_REASON);
    },
    signal,
  );
  return { exitCode, ...printed };
};

/**
 * Copy, move, delete, mkdir, chmod, chown by the tools of a POSIX target. A copied or moved folder takes the place of the destination, a folder
 * that is there is filled; mkdir makes parents and is content with a folder that is there.
 * @throws OpsError FILE_MISSING, FILE_REFUSED, FILE_FAILED, those of run_as
 */
export const performOnTarget = async (
  link: SshLink,
  operation: FileOperation,
  runAs: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const { source } = operation;
  const { exitCode, stderr } = await runTool(link, SCRIPTS[operation.operation], [source, ...argumentsOf(operation)], { runAs, signal });
  if (exitCode !== 0) throw toolError(link, `${operation.operation} of ${source}`, stderr || `exit code ${exitCode}`);
};

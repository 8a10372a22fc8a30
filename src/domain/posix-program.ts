import type { Interpreter, RemoteProgram } from '../contracts/transport.ts';
import { OpsError } from './ops-error.ts';
import { SET_NEWLINE, shellQuote } from './shell-quote.ts';

/** Runs the first line of its input; what follows is left to whatever that line starts. An input cut short runs nothing. */
export const RUN_FIRST_LINE = 'IFS= read -r _opsc && eval "$_opsc"';

/** The same words for every login shell there is (bash, dash, fish, csh): only single quotes, no `!`, no backslash. */
export const POSIX_COMMAND_LINE = `exec /bin/sh -c '${RUN_FIRST_LINE}'`;

/** A shell reads a line byte by byte, so a long text goes by `cat`, which costs a process instead. */
const LONGEST_INLINE_TEXT = 4096;
const END_MARK = '#opsconductor-end';
const CUT_SHORT = `echo 'opsconductor: the program was cut short on its way; it was not started' >&2; exit 126`;

/** Payload: text, arguments and `end`, with a NUL after each but the last. */
const PYTHON_BOOTSTRAP = `
def _opsc():
    import os, sys
    p = getattr(sys.stdin, 'buffer', sys.stdin).read().split(b'\\0')
    if p[-1] != b'end':
        sys.stderr.write('opsconductor: the program was cut short on its way; it was not started\\n')
        sys.exit(126)
    n = os.open(os.devnull, os.O_RDONLY)
    os.dup2(n, 0)
    os.close(n)
    if sys.version_info[0] > 2:
        p = [x.decode('utf-8') for x in p]
    sys.argv[:] = ['<script>'] + p[1:-1]
    g = globals()
    del g['_opsc']
    exec(compile(p[0], '<script>', 'exec', 0, True), g)
_opsc()
`;

const NODE_BOOTSTRAP = `
const fs = require('fs'), Module = require('module'), path = require('path');
const p = fs.readFileSync(0, 'utf8').split('\\0');
if (p.pop() !== 'end') {
  console.error('opsconductor: the program was cut short on its way; it was not started');
  process.exit(126);
}
fs.closeSync(0);
fs.openSync('/dev/null', 'r');
const file = path.join(process.cwd(), '[script]');
const main = new Module(file, null);
main.filename = file;
main.paths = Module._nodeModulePaths(process.cwd());
process.mainModule = main;
process.argv = [process.execPath, file, ...p.slice(1)];
main._compile(p[0], file);
main.loaded = true;
`;

/** Runs `$t` with `$a` and ends with the code of its last native command. */
export const POWERSHELL_RUN =
  '$global:LASTEXITCODE=$null; & ([ScriptBlock]::Create($t)) @a; $ok=$?; if($LASTEXITCODE){exit $LASTEXITCODE}; if(-not $ok){exit 1}; exit 0';

/** Reads the payload into `$p`. Not `[Console]::In`: its encoding is that of an old console on Windows. */
export const POWERSHELL_READ =
  "$p=(New-Object IO.StreamReader([Console]::OpenStandardInput(),(New-Object Text.UTF8Encoding))).ReadToEnd().Split([char]0); if($p[-1] -cne 'end'){[Console]::Error.WriteLine('opsconductor: the program was cut short on its way; it was not started'); exit 126}";

const POWERSHELL_BOOTSTRAP = `${POWERSHELL_READ}; $t=$p[0]; $a=@(); if($p.Length -gt 2){$a=$p[1..($p.Length-2)]}; ${POWERSHELL_RUN}`;

type Exec = { programs: string; flags: string };

const EXEC: Record<Exclude<Interpreter, 'sh' | 'batch'>, Exec> = {
  // Debian's bash reads ~/.bashrc whenever it finds itself under sshd, which costs time and may print.
  bash: { programs: 'bash', flags: `--norc -c ${shellQuote(RUN_FIRST_LINE)}` },
  python: { programs: 'python3 python', flags: `-u -c ${shellQuote(PYTHON_BOOTSTRAP)}` },
  javascript: { programs: 'node nodejs', flags: `-e ${shellQuote(NODE_BOOTSTRAP)}` },
  powershell: { programs: 'pwsh powershell', flags: `-NoProfile -NonInteractive -Command ${shellQuote(POWERSHELL_BOOTSTRAP)}` },
};

const exportLines = (environment: RemoteProgram['environment']): string[] =>
  Object.entries(environment).map(([name, value]) => `export ${name}=${shellQuote(value)}`);

const changeFolder = (folder: string | undefined): string[] => {
  if (folder === undefined) return [];
  const path = folder.startsWith('/') ? folder : `./${folder}`;
  const complaint = shellQuote(`opsconductor: cannot change to the working directory ${folder}`);
  return [`CDPATH= cd -- ${shellQuote(path)} >/dev/null 2>&1 || { printf '%s\\n' ${complaint} >&2; exit 126; }`];
};

/** Input of a shell whose first line runs the text with the arguments and an empty standard input. */
const shellInput = (program: RemoteProgram, before: readonly string[]): string => {
  const words = program.arguments.map((argument) => ` ${shellQuote(argument)}`).join('');
  const setArguments = `set --${words}`;
  if (program.text.length <= LONGEST_INLINE_TEXT) {
    return `${[...before, setArguments, 'exec </dev/null', `eval ${shellQuote(program.text)}`].join('; ')}\n`;
  }
  const read = `_opsc=$(cat); case $_opsc in *'${END_MARK}') ;; *) ${CUT_SHORT};; esac`;
  const line = [...before, setArguments, read, 'exec </dev/null', `eval "\${_opsc%'${END_MARK}'}"`].join('; ');
  return `${line}\n${program.text}\n${END_MARK}`;
};

const execLine = ({ programs, flags }: Exec, before: readonly string[]): string => {
  const [first] = programs.split(' ');
  const missing = `echo 'opsconductor: ${first} is not installed on this host (looked for: ${programs})' >&2; exit 127`;
  const search = `for _opsc in ${programs}; do command -v "$_opsc" >/dev/null 2>&1 && exec "$_opsc" ${flags}; done`;
  return `${[...before, search, missing].join('; ')}\n`;
};

/**
 * The line to run on a POSIX host, which never changes, and the input to give it: environment, folder, arguments and text.
 * The first line that comes back is `opsconductor-pid:<pid>`.
 * @throws OpsError METHOD_UNSUPPORTED when the interpreter does not exist on POSIX hosts.
 */
export const posixProgram = (program: RemoteProgram): { commandLine: string; stdin: string } => {
  const { interpreter, environment, marker } = program;
  const before = [
    SET_NEWLINE,
    ...exportLines({ ...environment, OPSCONDUCTOR_ACTION: marker }),
    'echo "opsconductor-pid:$$"',
    ...changeFolder(program.workingDirectory),
  ];
  if (interpreter === 'batch')
    throw new OpsError('METHOD_UNSUPPORTED', 'Batch files run on Windows targets only; use sh or bash on this one.');
  if (interpreter === 'sh') return { commandLine: POSIX_COMMAND_LINE, stdin: shellInput(program, before) };
  const line = execLine(EXEC[interpreter], before);
  const payload = interpreter === 'bash' ? shellInput(program, [SET_NEWLINE]) : [program.text, ...program.arguments, 'end'].join('\0');
  return { commandLine: POSIX_COMMAND_LINE, stdin: line + payload };
};

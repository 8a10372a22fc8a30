import { randomBytes } from 'node:crypto';
import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import { createPidLineFilter } from '../../domain/pid-line-filter.ts';
import { buildRemoteProgram } from '../../domain/remote-program.ts';
import type { OutputSink } from '../transport.ts';
import { encodeText, toUtf8 } from './charset.ts';
import type { TelnetLink } from './connect-telnet.ts';
import { createMarkedOutput } from './marked-output.ts';
import { cannotType, lostDuring, noExitCode } from './telnet-errors.ts';

/**
 * Runs one program: its input comes from `$x`, what it writes goes through a pipe, so that it finds no terminal (no pager, no columns), and its
 * exit code comes back beside the output. It ends when its output ends.
 */
const RUN =
  'printf %s "$l"; { c=$({ { printf "$x" | (eval "$k") 2>&1 3>&- 4>&-; echo $? >&3; } | cat >&4 3>&-; } 3>&1); } 4>&1; printf "%s %s\\n" "$l" "$c"';

/** `:…` is the line to run, `+…` a piece of its input in the escapes of printf, anything else the boundary that starts it. */
const LOOP = `stty -echo -opost || exit; printf %s%s "$0" "$1"; x=; while IFS= read -r l; do case $l in :*) k=\${l#:};; +*) x=$x\${l#+};; *) ${RUN}; x=;; esac; done`;

/** A terminal takes lines of up to 4,095 bytes. */
const PIECE_LENGTH = 1_000;
const BOUNDARY_BYTES = 16;

const boundaryOf = (): string => randomBytes(BOUNDARY_BYTES).toString('hex');

const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`;

/** Any bytes as printable ASCII, for printf: a terminal would take control characters for its own. */
const escaped = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replaceAll(/[^ -~]|\\/g, octal)
    .replaceAll('%', '%%');

const typeLines = ({ line, config: { newline } }: TelnetLink, lines: readonly string[]): void =>
  line.send(Buffer.from(lines.map((text) => text + newline).join(''), 'latin1'));

/**
 * Puts a loop in the place of the login shell that turns the echo off and runs what it is given.
 * The two halves of its first word are typed apart, so that an echo of the line is not taken for it.
 * @returns false when the connection ended instead.
 */
export const startLoop = async (link: TelnetLink): Promise<boolean> => {
  const [first, second] = [boundaryOf(), boundaryOf()];
  typeLines(link, [`exec /bin/sh -c '${LOOP}' ${first} ${second}`]);
  const ready = first + second;
  for (let text = ''; !text.includes(ready);) {
    const came = await link.line.receive();
    if (!Buffer.isBuffer(came)) return false;
    text = text.slice(-ready.length) + came.toString('latin1');
  }
  return true;
};

/** Runs a program in the loop, as `Session.run` says. @throws OpsError CONNECTION_LOST, OUTCOME_UNKNOWN, VALIDATION; the error of the sink */
export const runInLoop = async (link: TelnetLink, program: RemoteProgram, output: OutputSink): Promise<ProgramExit> => {
  const { line, endpoint, config } = link;
  if (program.runAs !== undefined)
    throw cannotType(endpoint, `it cannot run as another user (run_as ${program.runAs}); log in as that user`);
  const { commandLine, stdin } = buildRemoteProgram(program, 'posix');
  const input = encodeText(stdin, config.encoding);
  if (input === undefined) throw cannotType(endpoint, `it has a character that encoding ${config.encoding} has not`);
  const boundary = boundaryOf();
  const pieces = escaped(input).match(new RegExp(`.{1,${PIECE_LENGTH}}`, 'g')) ?? [];
  typeLines(link, [`:${commandLine}`, ...pieces.map((piece) => `+${piece}`), boundary]);

  const marked = createMarkedOutput(boundary);
  const pidLine = createPidLineFilter();
  const write = async (bytes: Buffer): Promise<void> => {
    if (bytes.length > 0) await output('stdout', toUtf8(bytes, config.encoding));
  };
  for (;;) {
    const came = await line.receive();
    if (!Buffer.isBuffer(came)) throw lostDuring(endpoint, line);
    const { text, end } = marked(came);
    await write(pidLine.push(text));
    if (end === undefined) continue;
    await write(pidLine.end());
    if (!/^ \d+$/.test(end)) throw noExitCode(endpoint);
    return { exitCode: Number(end), signal: null };
  }
};

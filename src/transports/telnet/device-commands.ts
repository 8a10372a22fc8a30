import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import type { OutputSink } from '../transport.ts';
import { encodeText, toUtf8 } from './charset.ts';
import type { TelnetLink } from './connect-telnet.ts';
import { lastLineOf, promptPattern, SETTLE_MS, withoutEscapes } from './prompts.ts';
import { cannotType, lostDuring, notOnDevice } from './telnet-errors.ts';

/** A line without an end is given in parts from this length on. */
const LONGEST_LINE = 65_536;

const linesOf = ({ endpoint, config: { encoding } }: TelnetLink, program: RemoteProgram): string[] => {
  if (program.workingDirectory !== undefined) throw notOnDevice(endpoint, 'working_directory');
  if (program.runAs !== undefined) throw notOnDevice(endpoint, 'run_as');
  const text = program.text.replaceAll('\r\n', '\n');
  if (/[^\P{Cc}\n]/u.test(text)) throw cannotType(endpoint, 'it has a control character (a tab, for one), which a device takes for a key');
  if (encodeText(text, encoding) === undefined) throw cannotType(endpoint, `it has a character that encoding ${encoding} has not`);
  return text.split('\n').filter((line) => line.trim() !== '');
};

/** What is compared to know an echo: terminals break a long line by spaces, returns and backspaces. */
// oxlint-disable-next-line no-control-regex -- backspace is what is meant
const squashed = (text: string): string => withoutEscapes(text).replaceAll(/[\s\x08]+/g, '');

const asLines = (text: string): string => text.replaceAll(/\r+\n/g, '\n');

/** Types one line and gives what comes until the next prompt, without the echo and the prompt. */
const runLine = async (link: TelnetLink, typed: string, write: (text: string) => Promise<void>): Promise<void> => {
  const { line, endpoint, config } = link;
  const prompt = promptPattern(config.prompt);
  const typedBytes = encodeText(typed + config.newline, config.encoding) ?? Buffer.alloc(0);
  const echo = squashed(encodeText(typed, config.encoding)?.toString('latin1') ?? '');
  line.send(typedBytes);
  // Bytes as characters of the same number, so that they come out as they came.
  let held = '';
  let isFirst = true;
  for (;;) {
    const isAtPrompt = prompt.test(lastLineOf(Buffer.from(held, 'latin1').toString('utf8')));
    const came = await line.receive(isAtPrompt ? SETTLE_MS : undefined);
    if (came === undefined) throw lostDuring(endpoint, line);
    if (came === 'quiet') return;
    held += came.toString('latin1');
    const end = held.lastIndexOf('\n') + 1;
    if (isFirst && end > 0) {
      const first = held.indexOf('\n') + 1;
      if (squashed(held.slice(0, first)) === echo) held = held.slice(first);
      isFirst = false;
    }
    const whole = held.length > LONGEST_LINE ? held.length : held.lastIndexOf('\n') + 1;
    await write(asLines(held.slice(0, whole)));
    held = held.slice(whole);
  }
};

/**
 * Types the lines of a command at a device that has a command line of its own, one after the other. There is no exit code.
 * @throws OpsError CONNECTION_LOST, VALIDATION, METHOD_UNSUPPORTED; the error of the sink
 */
export const runOnDevice = async (link: TelnetLink, program: RemoteProgram, output: OutputSink): Promise<ProgramExit> => {
  const { encoding } = link.config;
  const write = async (text: string): Promise<void> => {
    if (text !== '') await output('stdout', toUtf8(Buffer.from(text, 'latin1'), encoding));
  };
  for (const typed of linesOf(link, program)) await runLine(link, typed, write);
  return { exitCode: null, signal: null };
};

/** An empty line is answered by a prompt. */
export const pressEnter = (link: TelnetLink): Promise<void> => runLine(link, '', async () => {});

import type { ProgramExit, RemoteProgram } from '../../contracts/transport.ts';
import type { OutputSink } from '../transport.ts';
import { encodeText, toUtf8 } from './charset.ts';
import type { TelnetLink } from './connect-telnet.ts';
import { lastLineOf, promptPattern, SETTLE_MS, withoutEscapes } from './prompts.ts';
import { cannotType, lostDuring, notOnDevice } from './telnet-errors.ts';

/** A line without an end is given in parts from this length on. */
const LONGEST_LINE = 65_536;
const LONGEST_SHOWN = 1_000;

const linesOf = ({ endpoint, config: { encoding } }: TelnetLink, program: RemoteProgram): string[] => {
  if (program.workingDirectory !== undefined) throw notOnDevice(endpoint, 'working_directory');
  if (program.runAs !== undefined) throw notOnDevice(endpoint, 'run_as');
  const text = program.text.replaceAll('\r\n', '\n');
  if (/[^\P{Cc}\n]/u.test(text)) throw cannotType(endpoint, 'it has a control character (a tab, for one), which a device takes for a key');
  if (encodeText(text, encoding) === undefined) throw cannotType(endpoint, `it has a character that encoding ${encoding} has not`);
  return text.split('\n').filter((line) => line.trim() !== '');
};

const squashed = (text: string): string => withoutEscapes(text).replaceAll(/[\s\b]+/g, '');

/**
 * Whether a line repeats what was typed. Terminals break a long line by spaces and returns; line editors write it again and again,
 * the last time with only its end behind `<` or `$`.
 */
const isEcho = (shown: string, typed: string): boolean => {
  if (squashed(shown) === squashed(typed)) return true;
  const rewritten = withoutEscapes(shown)
    .trimEnd()
    .split(/[\r\b]+/);
  const end = squashed(rewritten.at(-1) ?? '').replace(/^[<$]/, '');
  return rewritten.length > 1 && end !== '' && squashed(typed).endsWith(end);
};

const asLines = (text: string): string => text.replaceAll(/\r+\n/g, '\n');

/** Bytes as characters of the same number, so that they come out as they came. */
const BYTES = 'latin1';

/** The end of the text, as the pattern of the prompt sees it. */
const shownAtEnd = (text: string): string => lastLineOf(Buffer.from(text.slice(-LONGEST_SHOWN), BYTES).toString('utf8'));

/** Types one line and gives what comes until the next prompt, without the echo and the prompt. */
const runLine = async (link: TelnetLink, typed: string, write: (text: string) => Promise<void>): Promise<void> => {
  const { line, endpoint, config } = link;
  const prompt = promptPattern(config.prompt);
  const bytes = encodeText(typed, config.encoding) ?? Buffer.alloc(0);
  line.send(Buffer.concat([bytes, Buffer.from(config.newline)]));
  let held = '';
  let isFirst = true;
  for (;;) {
    const came = await line.receive(prompt.test(shownAtEnd(held)) ? SETTLE_MS : undefined);
    if (came === undefined) throw lostDuring(endpoint, line);
    if (came === 'quiet') break;
    held += came.toString(BYTES);
    const firstEnd = isFirst ? held.indexOf('\n') + 1 : 0;
    if (firstEnd > 0) {
      isFirst = false;
      if (isEcho(held.slice(0, firstEnd), bytes.toString(BYTES))) held = held.slice(firstEnd);
    }
    const end = held.length > LONGEST_LINE ? held.length : held.lastIndexOf('\n') + 1;
    await write(asLines(held.slice(0, end)));
    held = held.slice(end);
  }
  // Output without an end of line stands before the prompt; a prompt that is not the one before is taken as a whole.
  if (link.prompt === '' || !held.endsWith(link.prompt)) link.prompt = held;
  await write(held.slice(0, held.length - link.prompt.length));
};

/**
 * Types the lines of a command at a device that has a command line of its own, one after the other. There is no exit code.
 * @throws OpsError CONNECTION_LOST, VALIDATION, METHOD_UNSUPPORTED; the error of the sink
 */
export const runOnDevice = async (link: TelnetLink, program: RemoteProgram, output: OutputSink): Promise<ProgramExit> => {
  const { encoding } = link.config;
  const write = async (text: string): Promise<void> => {
    if (text !== '') await output('stdout', toUtf8(Buffer.from(text, BYTES), encoding));
  };
  for (const typed of linesOf(link, program)) await runLine(link, typed, write);
  return { exitCode: null, signal: null };
};

/** An empty line is answered by a prompt, which is then known. */
export const pressEnter = (link: TelnetLink): Promise<void> => runLine(link, '', async () => {});

import type { TelnetLine } from './telnet-line.ts';

/** A prompt is the last thing before the target waits: text that only looks like one is followed by more. */
export const SETTLE_MS = 200;
const LONGEST_PROMPT = 200;

// oxlint-disable-next-line no-control-regex -- escape sequences of terminals (ECMA-48): colours and titles around a prompt
const ESCAPE_SEQUENCES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78])/g;

export const withoutEscapes = (text: string): string => text.replaceAll(ESCAPE_SEQUENCES, '');

/** The line that is not ended yet. */
export const lastLineOf = (text: string): string => withoutEscapes(text.slice(text.search(/[^\r\n]*$/))).slice(-LONGEST_PROMPT);

export const promptPattern = (source: string): RegExp => new RegExp(source, 'i');

export type PromptName = 'login' | 'password' | 'shell';

/**
 * Reads until the target waits at one of the prompts, or is gone.
 * @param onText is told the last line each time something came.
 */
export const awaitPrompt = async (
  line: TelnetLine,
  prompts: readonly (readonly [PromptName, RegExp])[],
  onText: (lastLine: string) => void,
): Promise<PromptName | undefined> => {
  let text = '';
  for (;;) {
    const lastLine = lastLineOf(text);
    const [name] = prompts.find(([, pattern]) => pattern.test(lastLine)) ?? [];
    const came = await line.receive(name === undefined ? undefined : SETTLE_MS);
    if (came === undefined) return undefined;
    if (came === 'quiet') return name;
    text = (text + came.toString('utf8')).slice(-4 * LONGEST_PROMPT);
    onText(lastLineOf(text));
  }
};

import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint, PasswordSecret } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable } from '../abortable.ts';
import { connectSocket } from '../connect-socket.ts';
import { encodeText } from './charset.ts';
import { pressEnter } from './device-commands.ts';
import { startLoop } from './posix-loop.ts';
import { awaitPrompt, promptPattern } from './prompts.ts';
import type { PromptName } from './prompts.ts';
import { cutDuringLogin, noCredential, noPrompt, notTypeable, noShell, rejected } from './telnet-errors.ts';
import { createTelnetLine } from './telnet-line.ts';
import type { TelnetLine } from './telnet-line.ts';

/** A connection that has logged in and waits for commands. */
export interface TelnetLink {
  readonly line: TelnetLine;
  readonly endpoint: Endpoint;
  readonly config: MethodConfig<'telnet'>;
  readonly username: string;
  /** Prompt of a device as it was shown last. */
  prompt: string;
}

const secretOf = (endpoint: Endpoint, { encoding }: MethodConfig<'telnet'>): PasswordSecret => {
  const { secret } = endpoint;
  if (secret?.type !== 'password') throw noCredential(endpoint);
  const isTypeable = (text: string): boolean => !/\p{Cc}/u.test(text) && encodeText(text, encoding) !== undefined;
  if (!isTypeable(secret.username) || !isTypeable(secret.password)) throw notTypeable(endpoint, encoding);
  return secret;
};

const promptsOf = ({ login_prompt, password_prompt, prompt }: MethodConfig<'telnet'>): (readonly [PromptName, RegExp])[] => [
  ['password', promptPattern(password_prompt)],
  ['login', promptPattern(login_prompt)],
  ['shell', promptPattern(prompt)],
];

/** How far a login has come, for the error when its time is up. */
interface Progress {
  stage: 'silent' | 'prompts' | 'shell';
  lastLine: string;
}

const logIn = async (
  line: TelnetLine,
  endpoint: Endpoint,
  config: MethodConfig<'telnet'>,
  secret: PasswordSecret,
  progress: Progress,
): Promise<void> => {
  const prompts = promptsOf(config);
  const asked = new Set<PromptName>();
  const onText = (lastLine: string): void => {
    progress.stage = 'prompts';
    progress.lastLine = lastLine;
  };
  for (;;) {
    const prompt = await awaitPrompt(line, prompts, onText);
    if (prompt === 'shell') return;
    if (prompt === undefined && !asked.has('password')) throw cutDuringLogin(endpoint, line);
    if (prompt === undefined || asked.has(prompt)) throw rejected(endpoint, secret.username);
    asked.add(prompt);
    const typed = prompt === 'login' ? secret.username : secret.password;
    line.send(encodeText(typed + config.newline, config.encoding) ?? Buffer.alloc(0));
  }
};

/** What the target said last; it may repeat what was typed. */
const tellable = (lastLine: string, { username, password }: PasswordSecret): string =>
  lastLine.includes(password) ? 'a line that is not shown' : lastLine.replaceAll(username, '<user>').slice(-100);

const lateError = (endpoint: Endpoint, secret: PasswordSecret, { stage, lastLine }: Progress, reason: unknown): unknown => {
  if (stage === 'silent') return reason;
  return stage === 'shell' ? noShell(endpoint) : noPrompt(endpoint, tellable(lastLine, secret));
};

/**
 * Connects, logs in at the prompts, and makes the shell ready.
 * @param limit aborts with `signal`, or when the time to connect is up.
 * @throws OpsError as `OpenSession` says, or the signal's reason.
 */
export const connectTelnet = async (endpoint: Endpoint, signal: AbortSignal, limit: AbortSignal): Promise<TelnetLink> => {
  const config = METHOD_CONFIGS.telnet.parse(endpoint.config);
  const secret = secretOf(endpoint, config);
  const socket = await connectSocket('Telnet', endpoint, limit);
  if (endpoint.keepAliveMs > 0) socket.setKeepAlive(true, endpoint.keepAliveMs);
  const line = createTelnetLine(socket);
  const link: TelnetLink = { line, endpoint, config, username: secret.username, prompt: '' };
  const progress: Progress = { stage: 'silent', lastLine: '' };
  const makeReady = async (): Promise<void> => {
    await logIn(line, endpoint, config, secret, progress);
    if (config.shell === 'none') return pressEnter(link);
    progress.stage = 'shell';
    if (!(await startLoop(link))) throw noShell(endpoint);
  };
  try {
    await abortable(limit, line.close, makeReady());
    return link;
  } catch (error) {
    line.close();
    if (signal.aborted) throw signal.reason;
    if (error instanceof OpsError && error.code === 'CONNECTION_LOST') throw cutDuringLogin(endpoint, line);
    throw limit.aborted ? lateError(endpoint, secret, progress, limit.reason) : error;
  }
};

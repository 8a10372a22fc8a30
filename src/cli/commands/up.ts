import type { Config } from '../../config.ts';
import { createLog } from '../log.ts';
import { startAll } from '../start-all.ts';
import type { Everything, FirstAdmin } from '../start-all.ts';
import { Stopped, abortedBy, waitForSignal } from '../wait-for-signal.ts';

const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** Told at once: the next start finds the account and knows no password of it. */
const tellAdmin = ({ username, password }: FirstAdmin): void => {
  const lines = [
    `  First login    ${username}`,
    `  password       ${password}   (shown only now; at the first login you choose your own, of 12 characters or more)`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

const tellAddresses = (config: Config, { apiUrl, temporalUiUrl, admin }: Everything): void => {
  const lines = [
    `OpsConductor is up. Data: ${config.home}`,
    `  API            ${apiUrl}`,
    `  API reference  ${apiUrl}/docs`,
    ...(temporalUiUrl === undefined ? [] : [`  Temporal UI    ${temporalUiUrl}`]),
    ...(admin === undefined ? [] : [`  First login    ${admin.username}, with the password above`]),
    '',
    'Ctrl-C stops it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

/** `opsconductor up`: everything on one machine, until Ctrl-C. */
export const up = async (config: Config, { allowDestructive = false }: { allowDestructive?: boolean } = {}): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  let isUp = false;
  void signal.then(() => {
    if (!isUp) say('Stopping as soon as what is being started has started.');
  });
  const options = { config, log, say, mustChangePassword: true, allowDestructive, signal: abortedBy(signal), onAdmin: tellAdmin };
  const everything = await startAll(options).catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error;
  });
  if (everything === undefined) return say('Stopped.');
  isUp = true;
  tellAddresses(config, everything);
  try {
    const name = await Promise.race([signal, everything.failed]);
    say(
      `${name}: stopping. Running actions have ${config.worker.graceMs / 1_000} s to end; what is cut off then is recorded as interrupted.`,
    );
  } finally {
    await everything.stop();
  }
  say('Stopped.');
};

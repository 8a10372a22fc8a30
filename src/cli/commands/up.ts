import type { Config } from '../../config.ts';
import { createLog } from '../log.ts';
import { startAll } from '../start-all.ts';
import { waitForSignal } from '../wait-for-signal.ts';

const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** `opsconductor up`: everything on one machine, until Ctrl-C. */
export const up = async (config: Config, { allowDestructive = false }: { allowDestructive?: boolean } = {}): Promise<void> => {
  const signal = waitForSignal();
  const log = createLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  let isUp = false;
  void signal.then(() => {
    if (!isUp) say('Stopping as soon as what is being started has started.');
  });
  const everything = await startAll({ config, log, say, mustChangePassword: true, allowDestructive });
  isUp = true;
  const lines = [
    `OpsConductor is up. Data: ${config.home}`,
    `  API            ${everything.apiUrl}`,
    `  API reference  ${everything.apiUrl}/docs`,
    ...(everything.temporalUiUrl === undefined ? [] : [`  Temporal UI    ${everything.temporalUiUrl}`]),
    ...(everything.admin === undefined
      ? []
      : [
          '',
          `  First login    ${everything.admin.username}`,
          `  password       ${everything.admin.password}   (shown only now; at the first login you choose your own, of 12 characters or more)`,
        ]),
    '',
    'Ctrl-C stops it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
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

import type { Command } from 'commander';
import type { HostKey } from '../../client/index.ts';
import { ask } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';

interface AcceptOptions {
  method?: string;
  fingerprint?: string;
  yes?: boolean;
}

const WITHOUT_TERMINAL =
  'Give --fingerprint SHA256:… as it is read on the host itself, or --yes to accept what the host shows, whoever it is.';

const say = (
  { say: tell }: CliSession,
  { method_name: method, host, port, pinned_fingerprint: pinned, shown_fingerprint: shown }: HostKey,
) => tell(`${method} (${host}:${port})\n  pinned  ${pinned ?? 'none, the host was never met'}\n  shown   ${shown}`);

const isConfirmed = async (session: CliSession): Promise<boolean> => {
  session.say('Compare it with what ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub prints on the host itself.');
  return (await ask(session, 'Accept this key (yes or no)', { otherwise: WITHOUT_TERMINAL })).trim().toLowerCase() === 'yes';
};

const accept = async (context: CliContext, serial: string, options: AcceptOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { method, fingerprint, yes = false } = options;
  const found = await session.client.acceptHostKey(serial, fingerprint === undefined ? {} : { fingerprint }, { method });
  say(session, found);
  if (fingerprint === undefined && !found.is_accepted) {
    if (!yes && !(await isConfirmed(session))) {
      session.say('Nothing was changed.');
      process.exitCode = EXIT_CODES.failed;
      return;
    }
    // Should another host answer this time, the server refuses.
    await session.client.acceptHostKey(serial, { fingerprint: found.shown_fingerprint }, { method });
  }
  session.say(found.pinned_fingerprint === found.shown_fingerprint ? 'This key is pinned already.' : `Accepted for ${serial}.`);
  await session.print({ ...found, is_accepted: true }, `${found.shown_fingerprint}\n`);
};

/** `targets accept-host-key`. */
export const registerAcceptHostKey = (targets: Command, context: CliContext): void => {
  targets
    .command('accept-host-key <serial>')
    .description('pin the host key that an SSH target shows now, after HOST_KEY_CHANGED; nothing is logged in to')
    .option('--method <name>', 'name of the method; default the first SSH method')
    .option('--fingerprint <SHA256:...>', 'accept this key only, as it is read on the host itself')
    .option('--yes', 'accept what the host shows without a question; whoever answers there gets the next login')
    .action((serial: string, options: AcceptOptions, command: Command) => accept(context, serial, options, command));
};

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { whichCommand } from '../../src/embedded/which-command.ts';
import { countLines, runChild } from '../support/run-child.ts';
import { check } from '../support/say.ts';
import { cpuBetween, readCpu, reapedCpuMs } from '../support/usage.ts';
import { COMMAND, OUTPUT, skip, warmUpOf } from './contestant.ts';
import type { Contestant, FanoutWork, Measured } from './contestant.ts';

export const OPENSSH = 'ssh under xargs -P';

/** Options of OpenSSH's client that keep the machine's own configuration and known hosts out. */
export const SSH_OPTIONS = [
  ['-F', '/dev/null'],
  ...['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'].map((option) => [
    '-o',
    option,
  ]),
].flat();

const measure = async (work: FanoutWork): Promise<Measured> => {
  const { sshd, addresses, actions, window, folder, stack } = work;
  const inputFile = join(folder, 'addresses');
  await writeFile(inputFile, `${addresses.join('\n')}\n`);
  const remote = Array.from({ length: actions }, () => COMMAND).join(' && ');
  const ssh = ['ssh', ...SSH_OPTIONS, '-i', sshd.keyFile, '-p', String(sshd.port), '-l', sshd.username, '{}', remote];
  const sshdPart = [{ name: 'sshd', pid: sshd.pid, tree: true }];
  const [cpuBefore, sshdBefore] = [reapedCpuMs(), readCpu(sshdPart)];
  const args = ['-P', String(window), '-I', '{}', ...ssh];
  const { code, output, ms } = await runChild({ command: 'xargs', args, inputFile, outputFile: join(folder, 'xargs-output'), stack });
  const client = cpuBetween({ client: cpuBefore }, { client: reapedCpuMs() }, addresses.length);
  const found = countLines(output, OUTPUT);
  check(
    code === 0 && found === addresses.length * actions,
    `${OPENSSH}: ended with ${code} and ${found} of ${addresses.length * actions} lines: ${output.slice(0, 500)}`,
  );
  return { seconds: ms / 1_000, cpuMsPerTarget: { ...client, ...cpuBetween(sshdBefore, readCpu(sshdPart), addresses.length) } };
};

/** OpenSSH's own client, one process an address; several commands are joined by `&&` in one session, the cheapest way it has. */
export const runOpensshClient = async (work: FanoutWork): Promise<Contestant> => {
  for (const program of ['ssh', 'xargs'])
    if ((await whichCommand(program)) === undefined) return skip(OPENSSH, `${program} is not on PATH`);
  await measure(warmUpOf(work));
  const runs: Measured[] = [];
  for (let at = 0; at < work.repeat; at += 1) runs.push(await measure(work));
  return { name: OPENSSH, runs };
};

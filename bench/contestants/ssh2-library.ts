import { once } from 'node:events';
import ssh2 from 'ssh2';
import { mapLimit } from '../support/map-limit.ts';
import { check } from '../support/say.ts';
import { cpuBetween, readCpu } from '../support/usage.ts';
import { COMMAND, OUTPUT } from './contestant.ts';
import type { Contestant, FanoutWork, Measured } from './contestant.ts';

export const SSH2 = 'ssh2 library';

const exec = (client: ssh2.Client): Promise<string> =>
  new Promise((resolve, reject) => {
    client.exec(COMMAND, (error, channel) => {
      if (error !== undefined) return reject(error);
      let output = '';
      channel.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      channel.stderr.resume();
      channel.on('close', () => resolve(output));
      return undefined;
    });
  });

const visit = async ({ sshd, actions }: FanoutWork, host: string): Promise<void> => {
  const client = new ssh2.Client();
  const ready = once(client, 'ready');
  // sshd may be gone before the goodbye is written. What fails earlier is also told by the promises below.
  client.on('error', () => undefined);
  client.connect({ host, port: sshd.port, username: sshd.username, privateKey: sshd.privateKey });
  // As OpsConductor does; without it Nagle's algorithm adds 40 ms to every step.
  client.setNoDelay(true);
  await ready;
  for (let action = 0; action < actions; action += 1)
    check((await exec(client)).trim() === OUTPUT, `${SSH2}: ${host} answered something else`);
  const closed = once(client, 'close');
  client.end();
  await closed;
};

const measure = async (work: FanoutWork): Promise<Measured> => {
  const parts = [
    { name: 'client', pid: process.pid, tree: false },
    { name: 'sshd', pid: work.sshd.pid, tree: true },
  ];
  const before = readCpu(parts);
  const startedAt = performance.now();
  await mapLimit(work.addresses, work.window, (host) => visit(work, host));
  const seconds = (performance.now() - startedAt) / 1_000;
  return { seconds, cpuMsPerTarget: cpuBetween(before, readCpu(parts), work.addresses.length) };
};

/** The library that OpsConductor uses, alone: connect, run the commands on one connection, end; nothing is recorded. */
export const runSsh2Library = async (work: FanoutWork): Promise<Contestant> => {
  await measure(work);
  const runs: Measured[] = [];
  for (let at = 0; at < work.repeat; at += 1) runs.push(await measure(work));
  return { name: SSH2, runs };
};

import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { whichCommand } from '../../src/embedded/which-command.ts';
import { mapLimit } from '../support/map-limit.ts';
import { countLines, runChild } from '../support/run-child.ts';
import { check } from '../support/say.ts';
import { cpuBetween, readCpu, reapedCpuMs } from '../support/usage.ts';
import { COMMAND, OUTPUT, skip, warmUpOf } from './contestant.ts';
import type { Contestant, FanoutWork, Measured } from './contestant.ts';
import { SSH_OPTIONS } from './openssh-client.ts';

/** `raw` sends the command as it is; `command`, what playbooks use, runs a Python module on the target. */
export type AnsibleModule = 'raw' | 'command';

export const ansibleName = (module: AnsibleModule): string => `ansible -m ${module}`;

/** Named, so that no time goes into looking for it. Not the one of this user's PATH: the login user must be able to run it. */
const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3'].find((file) => existsSync(file));

/** Ansible's defaults, for every module: what people get who run it as it comes. */
const MASTER = ['-C', '-o', 'ControlMaster=auto', '-o', 'ControlPersist=60s'];

const environment = (folder: string, controlPath: string, sshArguments: readonly string[]): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ANSIBLE_'))),
  // Neither this user's settings nor those of the machine.
  ANSIBLE_CONFIG: join(folder, 'ansible.cfg'),
  ANSIBLE_HOME: join(folder, 'ansible'),
  ANSIBLE_HOST_KEY_CHECKING: 'False',
  ANSIBLE_SSH_ARGS: sshArguments.join(' '),
  ANSIBLE_SSH_CONTROL_PATH_DIR: controlPath,
  ANSIBLE_NOCOLOR: '1',
});

const writeFiles = async ({ folder, addresses, sshd, actions }: FanoutWork, module: AnsibleModule) => {
  const files = { inventory: join(folder, 'inventory'), playbook: join(folder, 'playbook.yml') };
  const variables = {
    ansible_port: sshd.port,
    ansible_user: sshd.username,
    ansible_ssh_private_key_file: sshd.keyFile,
    ...(PYTHON !== undefined && { ansible_python_interpreter: PYTHON }),
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  await writeFile(files.inventory, ['[fleet]', ...addresses, '[fleet:vars]', ...lines, ''].join('\n'));
  const tasks = Array.from({ length: actions }, () => ({ [`ansible.builtin.${module}`]: COMMAND }));
  await writeFile(files.playbook, JSON.stringify([{ hosts: 'fleet', gather_facts: false, tasks }]));
  await writeFile(join(folder, 'ansible.cfg'), '');
  return files;
};

/** Connections that the run left open would be the next run's advantage. */
const closeMasters = async (folder: string, { folder: root, stack }: FanoutWork): Promise<void> => {
  const sockets = await readdir(folder).catch(() => []);
  await mapLimit(sockets, 4, (socket) =>
    runChild({
      command: 'ssh',
      args: ['-F', '/dev/null', '-O', 'exit', '-S', join(folder, socket), 'any'],
      outputFile: join(root, `exit-${socket}`),
      stack,
    }),
  );
};

const countDone = (output: string, { addresses, actions }: FanoutWork): number => {
  if (actions === 1) return countLines(output, OUTPUT);
  const fine = new RegExp(`^\\S+\\s+: ok=${actions} .*unreachable=0 +failed=0`, 'gm');
  return addresses.length === 0 ? 0 : (output.match(fine)?.length ?? 0);
};

const measure = async (module: AnsibleModule, work: FanoutWork, run: string): Promise<Measured> => {
  const { addresses, window, folder, actions, sshd, stack } = work;
  const controlPath = join(folder, run);
  await mkdir(controlPath);
  const { inventory, playbook } = await writeFiles(work, module);
  const env = environment(folder, controlPath, [...MASTER, ...SSH_OPTIONS]);
  const common = ['-i', inventory, '-f', String(window)];
  const [command, args] =
    actions === 1 ? ['ansible', ['fleet', ...common, '-m', module, '-a', COMMAND]] : ['ansible-playbook', [...common, playbook]];
  const sshdPart = [{ name: 'sshd', pid: sshd.pid, tree: true }];
  const [cpuBefore, sshdBefore] = [reapedCpuMs(), readCpu(sshdPart)];
  const { code, output, ms } = await runChild({
    command,
    args,
    env,
    outputFile: join(folder, 'ansible-output'),
    stack,
  });
  const client = cpuBetween({ client: cpuBefore }, { client: reapedCpuMs() }, addresses.length);
  const server = cpuBetween(sshdBefore, readCpu(sshdPart), addresses.length);
  await closeMasters(controlPath, work);
  const done = countDone(output, work);
  check(
    code === 0 && done === addresses.length,
    `${ansibleName(module)}: ended with ${code}, ${done} of ${addresses.length} hosts: ${output.slice(0, 800)}`,
  );
  return { seconds: ms / 1_000, cpuMsPerTarget: { ...client, ...server } };
};

/** Ansible on the same addresses with as many forks; for one action ad hoc, for more a playbook with as many tasks. */
export const runAnsible = async (module: AnsibleModule, work: FanoutWork): Promise<Contestant> => {
  const name = ansibleName(module);
  const program = work.actions === 1 ? 'ansible' : 'ansible-playbook';
  if ((await whichCommand(program)) === undefined) return skip(name, `${program} is not on PATH`);
  if (module === 'command' && PYTHON === undefined) return skip(name, 'the targets have no /usr/bin/python3');
  await measure(module, warmUpOf(work), `${module}-w`);
  const runs: Measured[] = [];
  for (let at = 0; at < work.repeat; at += 1) runs.push(await measure(module, work, `${module}-${at}`));
  return { name, runs };
};

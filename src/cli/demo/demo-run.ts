import type { ActionInput, Branch, Execution } from '../../client/index.ts';
import type { ApiClient } from '../api-client.ts';
import type { DemoTargets } from './demo-targets.ts';

const FAILING_EXIT_CODE = 3;

/** A command, a script, and a command that fails on one target. */
const actionsFor = (failing: string): ActionInput[] => [
  {
    action_type: 'command',
    action_name: 'Say who you are',
    action_parameters: { command: 'echo "$TARGET_NAME is $(uname -sm), host $(hostname)"' },
  },
  {
    action_type: 'script',
    action_name: 'Measure the load',
    action_parameters: {
      scriptType: 'sh',
      scriptContent:
        'echo "argument: $1"\nfor round in 1 2 3; do echo "round $round: $(cut -d" " -f1 /proc/loadavg 2>/dev/null || uptime)"; sleep 0.2; done',
      arguments: ['${JOB_NAME} on ${TARGET_HOST}'],
    },
  },
  {
    action_type: 'command',
    action_name: 'Check the disk',
    action_parameters: {
      command: `if [ "$TARGET_NAME" = ${failing} ]; then echo "no space left on device" >&2; exit ${FAILING_EXIT_CODE}; fi; df -Pk / | awk 'NR == 2 { print "disk is " $5 " full" }'`,
    },
  },
];

export interface DemoRun {
  targets: string[];
  jobSerial: string;
  execution: Execution;
  /** Name of the target on which the last action is made to fail. */
  failing: string;
}

/** Registers the targets and the job, and starts it: all through the public API. */
export const startDemoRun = async (client: ApiClient, fleet: DemoTargets): Promise<DemoRun> => {
  const failing = fleet.targets[Math.floor(fleet.targets.length / 3)]?.name ?? 'demo-01';
  const credential = { credential_type: 'ssh_key' as const, username: fleet.username, private_key: fleet.privateKey };
  const targets: string[] = [];
  for (const { name, host, port } of fleet.targets) {
    const { target_serial: serial } = await client.createTarget({
      name,
      labels: { made: 'demo' },
      methods: [{ method_type: 'ssh', host, port, credential }],
    });
    targets.push(serial);
  }
  const job = await client.createJob({
    name: 'Demo',
    description: 'A command, a script, and a check that fails on one target.',
    targets,
    actions: actionsFor(failing),
  });
  const execution = await client.startExecution(job.job_serial, {
    max_concurrent_targets: Math.min(200, Math.max(5, Math.ceil(targets.length / 3))),
  });
  return { targets, jobSerial: job.job_serial, execution, failing };
};

/** What is not as it must be: exactly one target failed, with its exit code, and every other one completed. */
export const unexpectedOutcomes = (branches: readonly Branch[], { targets, failing }: DemoRun): string[] => {
  const wrong = branches.flatMap((branch) => {
    const isFailing = branch.target_name === failing;
    const isExpected = isFailing
      ? branch.status === 'failed' && branch.exit_code === FAILING_EXIT_CODE
      : branch.status === 'completed' && branch.exit_code === 0;
    return isExpected ? [] : [`${branch.target_name} ended ${branch.status} with exit code ${branch.exit_code ?? 'none'}`];
  });
  return branches.length === targets.length ? wrong : [...wrong, `${branches.length} of ${targets.length} targets are on record`];
};

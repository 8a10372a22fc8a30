import { ansibleName, runAnsible } from './contestants/ansible.ts';
import type { Contestant, FanoutWork } from './contestants/contestant.ts';
import { OPENSSH, runOpensshClient } from './contestants/openssh-client.ts';
import { OPSCONDUCTOR, runOpsConductor } from './contestants/opsconductor.ts';
import { SSH2, runSsh2Library } from './contestants/ssh2-library.ts';
import { withCleanup } from './support/cleanup.ts';
import { describeMachine, machineLine } from './support/machine.ts';
import { say } from './support/say.ts';
import { loopbackAddress, startBenchSshd } from './support/sshd.ts';
import { median, ratioOf, ratioText, table } from './support/table.ts';
import { tempFolder } from './support/temp-folder.ts';

export interface FanoutOptions {
  targets: number;
  actions: number;
  window: number;
  repeat: number;
  /** Goes to the Node process of OpsConductor, for example `--cpu-prof`. */
  nodeArgs: string[];
}

const PARTS = ['client', 'worker+API', 'Temporal', 'Postgres', 'sshd'] as const;

const runAll = async (work: FanoutWork, nodeArgs: readonly string[]): Promise<Contestant[]> => {
  const order: [name: string, run: () => Promise<Contestant>][] = [
    [SSH2, () => runSsh2Library(work)],
    [OPSCONDUCTOR, () => runOpsConductor(work, nodeArgs)],
    [ansibleName('raw'), () => runAnsible('raw', work)],
    [ansibleName('command'), () => runAnsible('command', work)],
    [OPENSSH, () => runOpensshClient(work)],
  ];
  const contestants: Contestant[] = [];
  for (const [name, run] of order) {
    say(`${name} …`);
    const contestant = await run();
    say(
      contestant.skipped === undefined
        ? `  ${contestant.runs.map(({ seconds }) => `${seconds.toFixed(2)} s`).join(', ')}`
        : `  left out: ${contestant.skipped}`,
    );
    contestants.push(contestant);
  }
  return contestants;
};

/** Each number is the median of the measured runs. */
const summarize = ({ name, runs, memoryMib, skipped }: Contestant, targets: number) => {
  if (runs.length === 0) return { name, skipped };
  const seconds = median(runs.map((run) => run.seconds));
  const cpu = PARTS.flatMap((part) => {
    const values = runs.map((run) => run.cpuMsPerTarget[part]).filter((value) => value !== undefined);
    return values.length === 0 ? [] : [[part, median(values)] as const];
  });
  const cpuMsPerTarget: Partial<Record<string, number>> = Object.fromEntries(cpu);
  return { name, targetsPerSecond: targets / seconds, seconds, allSeconds: runs.map((run) => run.seconds), cpuMsPerTarget, memoryMib };
};

type Summary = ReturnType<typeof summarize>;

const ratiosOf = (summaries: readonly Summary[]): [against: string, ratio: number | undefined, text: string][] => {
  const rate = (name: string): number | undefined => summaries.find((summary) => summary.name === name)?.targetsPerSecond;
  const ours = rate(OPSCONDUCTOR);
  const others = [SSH2, ansibleName('raw'), ansibleName('command'), OPENSSH];
  return others.map((name) => [name, ratioOf(ours, rate(name)), ratioText(ours, rate(name))]);
};

const show = (summaries: readonly Summary[]): string => {
  const measured = summaries.filter(({ skipped }) => skipped === undefined);
  const rows = measured.map(({ name, targetsPerSecond, seconds, cpuMsPerTarget }) => [
    name,
    targetsPerSecond,
    seconds,
    ...PARTS.map((part) => cpuMsPerTarget?.[part]),
  ]);
  const leftOut = summaries.filter(({ skipped }) => skipped !== undefined).map(({ name, skipped }) => `left out: ${name} (${skipped})`);
  const ratios = ratiosOf(summaries).map(([against, , text]) => [`${OPSCONDUCTOR} / ${against}`, text]);
  const memory = Object.entries(summaries.find(({ name }) => name === OPSCONDUCTOR)?.memoryMib ?? {});
  return [
    table(['', 'targets/s', 'seconds', ...PARTS.map((part) => `${part} ms`)], rows),
    ...leftOut,
    '(ms: CPU for one target; "client" is the program itself, for OpsConductor the one that calls its API)',
    '',
    table(['targets per second, compared', ''], ratios),
    '',
    table(
      ['memory of OpsConductor', 'peak MiB', 'now MiB'],
      memory.map(([name, { peak, now }]) => [name, peak, now]),
    ),
    '(peak: since the start, pages that processes share count once for each; now: after the last run, shared pages once)',
  ].join('\n');
};

/** Compares one fan-out by OpsConductor with the same by others, on this machine, one after the other. @throws BenchFailure when a result is not complete. */
export const fanout = ({ nodeArgs, ...options }: FanoutOptions): Promise<void> =>
  withCleanup(async (stack) => {
    const machine = describeMachine();
    const folder = await tempFolder(stack);
    const sshd = await startBenchSshd(`${folder}/ssh`, stack);
    const addresses = Array.from({ length: options.targets }, (_, index) => loopbackAddress(index));
    const summaries = (await runAll({ ...options, sshd, addresses, folder, stack }, nodeArgs)).map((contestant) =>
      summarize(contestant, options.targets),
    );
    const ratios = Object.fromEntries(ratiosOf(summaries).map(([against, ratio]) => [against, ratio]));
    process.stdout.write(
      `\nfanout: ${options.targets} targets, ${options.actions} action(s) each, window ${options.window}\n${machineLine(machine)}\n\n${show(summaries)}\n\n`,
    );
    process.stdout.write(
      `${JSON.stringify({ bench: 'fanout', at: new Date().toISOString(), ...options, machine, contestants: summaries, ratios })}\n`,
    );
  });

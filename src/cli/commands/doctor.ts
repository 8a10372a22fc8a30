import type { Config } from '../../config.ts';
import type { Finding } from '../doctor/finding.ts';
import { lookAtFolder, lookAtKeys, lookAtPorts, lookAtSshd } from '../doctor/look-at-machine.ts';
import { lookAtDatabase, lookAtTemporal } from '../doctor/look-at-stores.ts';
import { EXIT_CODES } from '../exit-code.ts';

const SIGN = { ok: 'ok     ', note: 'note   ', missing: 'MISSING' } as const;

/** All that OpsConductor needs here. Nothing is changed. */
export const lookAround = async (config: Config): Promise<Finding[]> => [
  { state: 'ok', what: 'Node.js', message: process.version },
  await lookAtFolder(config),
  await lookAtPorts(config),
  ...(await lookAtDatabase(config)),
  await lookAtTemporal(config),
  await lookAtKeys(config),
  await lookAtSshd(),
];

/** `opsconductor doctor`: exit code 1 when something is missing. */
export const doctor = async (config: Config): Promise<void> => {
  const findings = await lookAround(config);
  for (const { state, what, message } of findings) process.stdout.write(`${SIGN[state]}  ${what.padEnd(12)} ${message}\n`);
  const missing = findings.filter(({ state }) => state === 'missing').length;
  process.stdout.write(missing === 0 ? '\nAll that is needed is here.\n' : `\n${missing} thing(s) to mend; see MISSING above.\n`);
  if (missing > 0) process.exitCode = EXIT_CODES.failed;
};

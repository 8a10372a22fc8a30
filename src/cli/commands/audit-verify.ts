import type { Command } from 'commander';
import type { AuditVerificationLine } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';

type Verdict = Extract<AuditVerificationLine, { type: 'verdict' }>;

const verdictText = (verdict: Verdict): string => {
  const lines = [
    verdict.intact ? 'The audit trail is intact.' : `The audit trail is NOT intact: ${verdict.findings} finding(s).`,
    `${verdict.events} events and ${verdict.seals} seals were verified; ${verdict.unsealed_events} events are not sealed yet.`,
    ...(verdict.dropped_seals > 0 ? [`The events of ${verdict.dropped_seals} seals were dropped by retention.`] : []),
    ...(verdict.head === null
      ? []
      : [`Newest seal ${verdict.head.seal_id}, up to event ${verdict.head.to_event_id}: ${verdict.head.seal_hash}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
};

/** `audit verify`: findings as they come, then the verdict; progress on a terminal. @throws OpsError UNAVAILABLE when the answer was broken off. */
export const verifyTrail = async (
  context: CliContext,
  options: { from?: string; to?: string; anchor?: string },
  command: Command,
): Promise<void> => {
  const session = await openSession(context, command);
  const { stderr } = context;
  const clear = stderr.isTTY ? '\r\u001b[K' : '';
  const findings: AuditVerificationLine[] = [];
  let verdict: Verdict | undefined;
  for await (const line of session.client.verifyAudit(options)) {
    if (line.type === 'verdict') verdict = line;
    if (line.type === 'finding') {
      findings.push(line);
      stderr.write(`${clear}${line.kind}: ${line.message}\n`);
    }
    if (line.type === 'progress' && stderr.isTTY) stderr.write(`${clear}${line.events} events, ${line.seals} seals`);
  }
  stderr.write(clear);
  if (verdict === undefined) throw new OpsError('UNAVAILABLE', 'The verification was broken off before its verdict. Begin it again.');
  await session.print({ ...verdict, found: findings }, verdictText(verdict));
  if (!verdict.intact) process.exitCode = EXIT_CODES.failed;
};

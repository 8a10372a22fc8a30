import type { JobPlan, PlanStep, PlanTarget } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { durationText } from './terminal/duration-text.ts';
import { paintStatus } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';
import { wrapText } from './terminal/wrap-text.ts';

interface View {
  paint: Paint;
  /** Columns; undefined: nothing is cut. */
  width: number | undefined;
}

const SAID: Readonly<Record<PlanStep['verdict'], string>> = {
  runs: 'runs',
  skipped: 'skipped',
  decided: 'decided while it runs',
  fails: 'FAILS',
};

const painted = (paint: Paint, verdict: PlanStep['verdict']): string => {
  const text = SAID[verdict];
  if (verdict === 'runs') return paint.green(text);
  if (verdict === 'fails') return paint.red(text);
  return verdict === 'decided' ? paint.yellow(text) : paint.dim(text);
};

const depthOf = (step: PlanStep, steps: readonly PlanStep[]): number => {
  const parent = steps.find(({ action_order: order }) => order === step.parent);
  return parent === undefined ? 0 : 1 + depthOf(parent, steps);
};

const indent = (text: string, margin: string, width: number | undefined): string[] =>
  wrapText(text, width === undefined ? undefined : Math.max(20, width - margin.length)).map((line) => `${margin}${line}`);

const slotText = ({ slot, case: caseValue }: PlanStep): string => {
  if (slot === null) return '';
  return slot === 'case' ? `case ${cleanText(caseValue ?? '')}: ` : `${slot}: `;
};

const LINES_SHOWN = 6;
const NAME_SHOWN = 40;

const shortName = (text: string): string => {
  const name = cleanText(text);
  return name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN - 1)}…` : name;
};

const fieldLines = ({ field, text }: PlanStep['texts'][number], margin: string, { width }: View): string[] => {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, LINES_SHOWN);
  const rest = lines.length - shown.length;
  const more = rest === 0 ? [] : [`… ${rest} more line(s)`];
  if (lines.length === 1 && field === 'command') return indent(`$ ${text}`, margin, width);
  if (lines.length === 1) return indent(`${field}: ${text}`, margin, width);
  return [`${margin}${field}:`, ...[...shown, ...more].flatMap((line) => indent(line, `${margin}  `, width))];
};

const stepLines = (step: PlanStep, steps: readonly PlanStep[], view: View): string[] => {
  const { action_order: order, action_name: name, action_type: type, verdict, reason, method, texts, weaknesses } = step;
  const margin = `  ${'    '.repeat(depthOf(step, steps))}`;
  const inner = `${margin}    `;
  const over = method === null ? '' : ` over ${cleanText(method)}`;
  const head = `${margin}${slotText(step)}${order} ${shortName(name)} (${type}${over})  ${painted(view.paint, verdict)}`;
  return [
    head,
    ...(reason === null ? [] : indent(reason, inner, view.width)),
    ...(verdict === 'skipped' ? [] : texts.flatMap((text) => fieldLines(text, inner, view))),
    ...weaknesses.flatMap((weakness) => indent(`not protected: ${weakness}`, inner, view.width)),
  ];
};

const probeLines = ({ probes }: PlanTarget, { paint, width }: View): string[] =>
  probes.flatMap(({ method_name: name, address, result, message, duration_ms: ms }) => [
    `  probe of ${cleanText(name)} (${cleanText(address)})  ${paintStatus(paint, result)}  ${durationText(ms)}`,
    ...indent(message, '    ', width),
  ]);

/** What would be done on one target. */
const targetText = (target: PlanTarget, view: View): string => {
  const { target_serial: serial, target_name: name, steps } = target;
  const lines = [
    view.paint.bold(`${serial}  ${cleanText(name)}`),
    ...probeLines(target, view),
    ...steps.flatMap((step) => stepLines(step, steps, view)),
  ];
  return `${lines.join('\n')}\n\n`;
};

const leftOutText = ({ left_out: leftOut, left_out_total: total }: JobPlan): string => {
  if (total === 0) return '';
  const lines = leftOut.map(({ target_serial: serial, target_name: name, reason }) => `  ${serial}  ${cleanText(name)}: ${reason}`);
  const more = total > leftOut.length ? [`  … ${total - leftOut.length} more`] : [];
  return [`${total} target(s) of the job would be left out:`, ...lines, ...more, ''].join('\n');
};

/** A plan for people: what is left out, then each target with its actions. */
export const planText = (plan: JobPlan, view: View): string => {
  const { job_serial: serial, job_name: name, definition_version: version, total_targets: total, targets } = plan;
  const head = `${serial}  ${cleanText(name)}, version ${version}: would run on ${total} target(s). Nothing has been run.\n`;
  const rest = total - targets.length;
  const end = rest > 0 ? `${targets.length} of ${total} targets are shown, ${rest} more with --limit or --target.\n` : '';
  return `${head}${leftOutText(plan)}\n${targets.map((target) => targetText(target, view)).join('')}${end}`;
};

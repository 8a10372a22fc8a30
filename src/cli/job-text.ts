import type { Job, JobSummary } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { renderTable } from './terminal/render-table.ts';
import { timeText } from './terminal/time-text.ts';

const HEADINGS = ['SERIAL', 'NAME', 'TYPE', 'VERSION', 'STATUS', 'LAST RUN', 'UPDATED'] as const;

const rowOf = (job: JobSummary): string[] => [
  job.job_serial,
  job.name,
  job.job_type,
  String(job.definition_version),
  job.status,
  job.last_execution === null ? '' : `${job.last_execution.execution_serial.split('.')[1]} ${job.last_execution.status}`,
  timeText(job.updated_at),
];

/** Jobs as a table. */
export const jobTable = (jobs: readonly JobSummary[], width: number | undefined): string =>
  renderTable([HEADINGS, ...jobs.map(rowOf)], { width, right: [3] });

/** Templates as a table. */
export const templateTable = (templates: readonly JobSummary[], width: number | undefined): string => {
  const rows = templates.map((one) => [
    one.job_serial,
    one.name,
    String(one.definition_version),
    one.tags.join(' '),
    timeText(one.updated_at),
  ]);
  return renderTable([['SERIAL', 'NAME', 'VERSION', 'TAGS', 'UPDATED'], ...rows], { width, right: [2] });
};

const rulesText = (variable: Job['variables'][number]): string => {
  const { type, is_required: isRequired, is_input: isInput, choices, min, max, pattern } = variable;
  return [
    type,
    ...(isInput ? ['asked at start'] : []),
    ...(isRequired ? ['required'] : []),
    ...(choices === undefined ? [] : [`one of ${choices.map((choice) => JSON.stringify(choice)).join(' ')}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(pattern === undefined ? [] : [`like ${pattern}`]),
  ].join(', ');
};

const variableText = (variable: Job['variables'][number]): string => {
  const { key, value, is_secret: isSecret } = variable;
  const shown = isSecret ? 'secret' : value === undefined || value === null ? 'no value' : JSON.stringify(value);
  return `  ${key} (${rulesText(variable)}): ${shown}`;
};

const targetsText = ({ targets, target_count: count, target_selector: selector }: Job): string[] => {
  const first = targets.slice(0, 10).join(' ');
  return [
    `targets: ${count}${count === 0 ? '' : ` (${first}${count > 10 ? ' …' : ''})`}`,
    ...(selector === null ? [] : [`selector: ${selector}`]),
  ];
};

const describe = (job: Job, kind: 'job' | 'template'): string => {
  const { description, template, change_note: note, variables } = job;
  const lines = [
    `${job.job_serial}  ${job.name}  version ${job.definition_version}${kind === 'job' ? `, ${job.status}` : ''}`,
    ...(description === null ? [] : [`  ${description}`]),
    ...(note === null ? [] : [`note of this version: ${note}`]),
    ...(template === null ? [] : [`made from template ${template}`]),
    ...(kind === 'job' ? targetsText(job) : []),
    ...(variables.length === 0 ? [] : ['variables:', ...variables.map(variableText)]),
    'actions:',
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const actionRow = (action: Job['actions'][number]): string[] => [
  String(action.action_order),
  action.action_name,
  action.action_type,
  `${action.timeout_seconds} s`,
  action.on_failure,
  action.is_enabled ? '' : 'disabled',
];

/** On what a job runs, in a sentence. */
export const whereText = ({ target_count: count, target_selector: selector }: Job): string => {
  if (selector === null) return `${count} target(s)`;
  return `${count === 0 ? 'the targets' : `${count} target(s) and those`} that ${cleanText(selector)} chooses`;
};

/** A job or a template with its variables and actions. */
export const jobText = (job: Job, kind: 'job' | 'template', width: number | undefined): string => {
  const actions = renderTable([['#', 'ACTION', 'TYPE', 'TIME LIMIT', 'ON FAILURE', ''], ...job.actions.map(actionRow)], {
    width,
    right: [0, 3],
  });
  return `${describe(job, kind)}${actions}`;
};

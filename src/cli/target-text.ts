import type { Target } from '../client/index.ts';
import { cleanText } from './terminal/clean-text.ts';
import { timeText } from './terminal/time-text.ts';

const methodLines = (method: Target['methods'][number]): string[] => {
  const kinds = method.credentials.map((credential) => credential.credential_type).join(', ');
  const test =
    method.last_test_result === null
      ? 'never tested'
      : `${method.last_test_result} at ${timeText(method.last_tested_at)}: ${method.last_test_message ?? ''}`;
  const marks = [...(method.is_primary ? ['primary'] : []), ...(method.is_active ? [] : ['switched off'])].map((mark) => `, ${mark}`);
  return [
    `  ${method.method_name} (${method.method_type}) ${method.host ?? ''}:${method.port ?? ''}${marks.join('')}, credentials: ${kinds === '' ? 'none' : kinds}`,
    `    host key  ${method.host_key_fingerprint ?? 'not seen yet'}`,
    `    test      ${test}`,
    ...method.weaknesses.map((weakness) => `    weak      ${weakness}`),
  ];
};

/** A method of a target, for people. */
export const methodText = (method: Target['methods'][number]): string =>
  methodLines(method)
    .map((line) => `${cleanText(line)}\n`)
    .join('');

/** A target with its methods, for people. */
export const targetText = (target: Target): string => {
  const labels = Object.entries(target.labels).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `${target.target_serial}  ${target.name}`,
    `  status       ${target.status}, health ${target.health_status}`,
    `  system       ${target.os_type} (${target.target_type}), ${target.environment}`,
    `  labels       ${labels.length === 0 ? 'none' : labels.join(' ')}`,
    `  added        ${timeText(target.created_at)}`,
    ...(target.description === null ? [] : [`  description  ${target.description}`]),
    'methods',
    ...target.methods.flatMap(methodLines),
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

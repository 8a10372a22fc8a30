import { OpsError } from '../domain/ops-error.ts';
import { allPages } from './http/all-pages.ts';
import type { Target } from '../contracts/target.ts';
import type { ApiClient } from './api-client.ts';

/** Serial of a target that is named by its serial or its exact name. @throws OpsError NOT_FOUND, VALIDATION when several have the name */
export const targetSerial = async (client: ApiClient, text: string): Promise<string> => {
  if (/^T\d{8,19}$/.test(text)) return text;
  // The search finds parts of names, too: the target may stand on any page.
  const named: Target[] = [];
  for await (const target of allPages((place) => client.listTargets({ ...place, search: text })))
    if (target.name === text) named.push(target);
  const [only] = named;
  if (only === undefined) throw new OpsError('NOT_FOUND', `There is no target named "${text}".`);
  if (named.length > 1)
    throw new OpsError(
      'VALIDATION',
      `${named.length} targets are named "${text}"; give a serial: ${named.map((target) => target.target_serial).join(', ')}.`,
    );
  return only.target_serial;
};

/** Serials of several targets, in their order. @throws OpsError NOT_FOUND, VALIDATION */
export const targetSerials = async (client: ApiClient, texts: readonly string[] = []): Promise<string[]> => {
  const serials: string[] = [];
  for (const text of texts) serials.push(await targetSerial(client, text));
  return serials;
};

import type { SelectorAttribute } from '../contracts/selector.ts';

/** Columns of universal_targets by the short names that rollouts and selectors give them; every other name is a label. */
export const ATTRIBUTE_COLUMNS: Record<SelectorAttribute, string> = {
  name: 'name',
  env: 'environment',
  os: 'os_type',
  type: 'target_type',
  location: 'location',
  data_center: 'data_center',
  region: 'region',
  health: 'health_status',
};

/**
 * SQL of a target's attribute that text in `name` names: a column by its short name, else a label; null when the target has none.
 * @param name SQL of the text. @param target alias of universal_targets
 */
export const targetAttribute = (name: string, target: string): string => {
  const columns = Object.entries(ATTRIBUTE_COLUMNS).map(([short, column]) => `WHEN '${short}' THEN ${target}.${column}`);
  return `CASE ${name} ${columns.join(' ')} ELSE ${target}.labels->>${name} END`;
};

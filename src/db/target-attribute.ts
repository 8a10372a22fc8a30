/**
 * SQL of a target's attribute that text in `name` names: a column by its short name, else a label; null when the target has none.
 * @param name SQL of the text. @param target alias of universal_targets
 */
export const targetAttribute = (name: string, target: string): string =>
  `CASE ${name} WHEN 'name' THEN ${target}.name WHEN 'env' THEN ${target}.environment WHEN 'os' THEN ${target}.os_type
     WHEN 'type' THEN ${target}.target_type WHEN 'location' THEN ${target}.location WHEN 'data_center' THEN ${target}.data_center
     WHEN 'region' THEN ${target}.region WHEN 'health' THEN ${target}.health_status ELSE ${target}.labels->>${name} END`;

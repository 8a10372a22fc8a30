import type { CatalogTable, CatalogTrigger } from './catalog.ts';
import * as ddl from './ddl.ts';
import { pairByName } from './difference.ts';
import type { Difference } from './difference.ts';

const different = (table: CatalogTable, [expected, actual]: [CatalogTrigger, CatalogTrigger]): Difference[] => {
  const fields = { severity: 'error', change: 'different', kind: 'trigger', table: table.name, object: expected.name } as const;
  const title = `Trigger ${expected.name} of ${table.name}`;
  if (expected.definition !== actual.definition) {
    const sentence = `${title} is ${actual.definition}; it should be ${expected.definition}.`;
    const mend = `${ddl.dropTrigger(table.name, expected.name)}\n${ddl.createTrigger(expected)}`;
    return [{ ...fields, expected: expected.definition, actual: actual.definition, sentence, mend }];
  }
  if (actual.isEnabled || !expected.isEnabled) return [];
  const where = table.partitionBy === null ? '' : ', on the table or on one of its partitions';
  const mend = ddl.enableTrigger(table.name, expected.name);
  return [{ ...fields, expected: 'enabled', actual: 'disabled', sentence: `${title} is disabled${where}.`, mend }];
};

/** What is unlike in the triggers of a table that both have. */
export const compareTriggers = (expected: CatalogTable, actual: CatalogTable): Difference[] => {
  const pairs = pairByName(expected.triggers, actual.triggers);
  const fieldsOf = ({ name }: CatalogTrigger) => ({ kind: 'trigger', table: expected.name, object: name }) as const;
  return [
    ...pairs.missing.map((trigger): Difference => ({
      ...fieldsOf(trigger),
      severity: 'error',
      change: 'missing',
      expected: trigger.definition,
      sentence: `Trigger ${trigger.name} of ${expected.name} is missing.`,
      mend: ddl.createTrigger(trigger),
    })),
    ...pairs.both.flatMap((both) => different(expected, both)),
    ...pairs.extra.map((trigger): Difference => ({
      ...fieldsOf(trigger),
      severity: 'warning',
      change: 'extra',
      actual: trigger.definition,
      sentence: `Trigger ${trigger.name} of ${expected.name} is not ours.`,
      mend: ddl.dropTrigger(expected.name, trigger.name),
    })),
  ];
};

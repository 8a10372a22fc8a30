import { stringify } from 'yaml';
import type { DocumentHead } from '../../contracts/data-document.ts';
import type { DataFormat, DataType } from '../../contracts/data-transfer.ts';
import { csvLine } from '../../domain/csv.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { sheetOfType } from './csv-sheets.ts';

/** How a document begins, what comes of its items, and how it ends. */
export interface DocumentForm {
  head: string;
  page: (items: readonly object[], before: number) => string;
  tail: string;
}

/** Texts stand for themselves, on one line or as a block, and nothing is an alias. */
const YAML_OPTIONS = { lineWidth: 0, aliasDuplicateObjects: false } as const;

const jsonForm = (head: DocumentHead): DocumentForm => ({
  head: `${JSON.stringify(head).slice(0, -1)},"items":[`,
  page: (items, before) => items.map((item, index) => `${before + index === 0 ? '' : ','}\n${JSON.stringify(item)}`).join(''),
  tail: '\n]}\n',
});

const yamlForm = (head: DocumentHead): DocumentForm => ({
  head: `${stringify(head, YAML_OPTIONS)}items:\n`,
  page: (items) => (items.length === 0 ? '' : stringify(items, YAML_OPTIONS)),
  tail: '',
});

const csvForm = (types: readonly DataType[]): DocumentForm => {
  const sheet = types.length === 1 ? sheetOfType(types[0]) : undefined;
  if (sheet === undefined)
    throw new OpsError('VALIDATION', 'CSV holds one type that is flat: targets, users or settings. Take json or yaml for the others.', {
      fields: [{ path: 'types', message: 'csv takes one of targets, users, settings' }],
    });
  return {
    head: csvLine(sheet.columns),
    page: (items) => items.flatMap((item) => sheet.rowsOf({ ...item }).map(csvLine)).join(''),
    tail: '',
  };
};

/** @throws OpsError VALIDATION for what the format cannot hold */
export const formOf = (format: DataFormat, types: readonly DataType[], head: DocumentHead): DocumentForm => {
  if (format === 'csv') return csvForm(types);
  return format === 'json' ? jsonForm(head) : yamlForm(head);
};

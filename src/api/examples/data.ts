import type { ExportData, ImportLine, ImportReport } from '../../contracts/data-transfer.ts';

export const EXPORT_DATA: ExportData = { types: ['targets', 'jobs'], format: 'yaml', selector: 'env=production' };

const CHANGED: ImportReport['rows'][number] = {
  line: 'row',
  row: 1,
  type: 'targets',
  name: 'web1.example.org',
  serial: 'T20250001',
  outcome: 'updated',
  changes: [{ path: 'methods.ssh_1.port', from: 22, to: 2222 }],
  warnings: [],
  problem: null,
};

export const IMPORT_LINE: ImportLine = CHANGED;

export const IMPORT_REPORT: ImportReport = {
  summary: {
    line: 'summary',
    mode: 'merge',
    validate_only: false,
    total: 2,
    created: 0,
    updated: 1,
    unchanged: 0,
    skipped: 0,
    removed: 0,
    failed: 1,
  },
  rows: [
    CHANGED,
    {
      line: 'row',
      row: 2,
      type: 'jobs',
      name: 'Disk space',
      serial: null,
      outcome: 'failed',
      changes: [],
      warnings: [],
      problem: {
        code: 'VALIDATION',
        detail: 'targets.0: there is no target web9.example.org.',
        errors: [{ path: 'targets.0', message: 'there is no target web9.example.org' }],
      },
    },
  ],
};

import { bigint, char, identity, jsonObject, oneOf, text, timestamptz, uuid, varchar } from '../columns.ts';
import { defineTable } from '../model.ts';
import { references } from '../table.ts';
import { GeneratedReportsReportData } from '../../../contracts/json/analytics.ts';
import { ReportFormat, ReportStatus, ReportTrigger } from '../../../contracts/enums.ts';

export const GeneratedReportModel = defineTable(
  'generated_reports',
  'A report that was made.',
  {
    id: identity('Primary key.'),
    report_uuid: uuid('Public id; workflow id is `report/<report_uuid>`.', { default: 'gen_random_uuid()' }),
    template_id: bigint('Template.'),
    name: varchar(200, 'Title.'),
    report_period_start: timestamptz('From, inclusive.'),
    report_period_end: timestamptz('To, exclusive.'),
    format: oneOf(ReportFormat, 'Output of this run.'),
    trigger_type: oneOf(ReportTrigger, 'What started it.', { default: 'manual' }),
    generated_by: bigint('User; null for schedules.', { null: true }),
    report_data: jsonObject(GeneratedReportsReportData, 'Content of JSON reports.', { null: true }),
    file_path: varchar(500, 'Path below the report directory.', { null: true }),
    file_size: bigint('Bytes.', { null: true }),
    file_sha256: char(64, 'Checksum of the file.', { null: true }),
    status: oneOf(ReportStatus, 'State.', { default: 'generating' }),
    error_message: text('Error.', { null: true }),
    run_id: varchar(64, 'Temporal run id; null = not started yet.', { null: true }),
    completed_at: timestamptz('End.', { null: true }),
    created_at: timestamptz('Row created.', { default: 'now()' }),
    updated_at: timestamptz('Last change, by trigger.', { default: 'now()' }),
  },
  {
    primaryKey: ['id'],
    unique: [{ columns: ['report_uuid'] }],
    foreignKeys: [references('template_id', 'report_templates', 'RESTRICT'), references('generated_by', 'users', 'SET NULL')],
    indexes: [
      { keys: 'generated_by', why: 'FK' },
      { keys: 'template_id, created_at', why: 'widened; FK, history' },
      { keys: 'report_period_start, report_period_end', why: 'reports of a period' },
      {
        keys: 'created_at',
        name: 'idx_generated_reports_created_at_generating',
        where: "(status = 'generating'::text)",
        why: 'reconciler',
      },
    ],
    checks: {
      period: '(report_period_end > report_period_start)',
      completed_at: "((status = 'generating'::text) = (completed_at IS NULL))",
    },
  },
);

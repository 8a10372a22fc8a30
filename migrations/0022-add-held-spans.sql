-- add held spans: written by `opsconductor db diff`; read it before you commit it.

-- Column job_execution_branches.held_spans.
ALTER TABLE job_execution_branches ADD COLUMN held_spans jsonb DEFAULT '[]'::jsonb NOT NULL;

-- Check ck_job_execution_branches_held_spans_json of job_execution_branches.
ALTER TABLE job_execution_branches ADD CONSTRAINT ck_job_execution_branches_held_spans_json CHECK ((jsonb_typeof(held_spans) = 'array'::text)) NOT VALID;
ALTER TABLE job_execution_branches VALIDATE CONSTRAINT ck_job_execution_branches_held_spans_json;

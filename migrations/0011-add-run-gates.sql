-- add run gates: written by `opsconductor db diff`; read it before you commit it.

-- Column job_executions.begun_to.
ALTER TABLE job_executions ADD COLUMN begun_to integer;

-- Column job_executions.control_told.
ALTER TABLE job_executions ADD COLUMN control_told integer DEFAULT 0 NOT NULL;

-- Column job_executions.control_version.
ALTER TABLE job_executions ADD COLUMN control_version integer DEFAULT 0 NOT NULL;

-- Column job_executions.gate_after.
ALTER TABLE job_executions ADD COLUMN gate_after integer;

-- Column job_executions.gate_until.
ALTER TABLE job_executions ADD COLUMN gate_until timestamp with time zone;

-- Runs under way may have changes that their workflow has missed: the reconciler tells each of them once.
UPDATE job_executions SET control_version = 1, gate_until = CASE WHEN hold_reason = 'delay' THEN resumes_at END WHERE status = 'running';

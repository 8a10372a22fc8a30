-- run lines index: written by `opsconductor db diff`; read it before you commit it.

-- Index idx_job_execution_logs_job_execution_id_id_run of job_execution_logs.
CREATE INDEX idx_job_execution_logs_job_execution_id_id_run ON job_execution_logs USING btree (job_execution_id, id) WHERE (branch_id IS NULL);

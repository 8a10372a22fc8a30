-- Lists are read by key (services/page.ts). Without these two, a page of a run's lines walks through the lines of all runs, and a page of
-- the runs in one rare state through all runs. Each replaces an index that it covers.
CREATE INDEX idx_job_execution_logs_job_execution_id_id ON job_execution_logs (job_execution_id, id);
DROP INDEX idx_job_execution_logs_job_execution_id_timestamp;
CREATE INDEX idx_job_executions_status_id ON job_executions (status, id);
DROP INDEX idx_job_executions_status;

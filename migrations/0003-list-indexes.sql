-- Lists are read by key (services/page.ts). Without these, a page of a run's lines walks through the lines of other runs, its errors through all
-- its lines, and the runs in one rare state through all runs. Two of them replace an index that they cover.
CREATE INDEX idx_job_execution_logs_job_execution_id_id ON job_execution_logs (job_execution_id, id);
DROP INDEX idx_job_execution_logs_job_execution_id_timestamp;
CREATE INDEX idx_job_execution_logs_job_execution_id_id_problem ON job_execution_logs (job_execution_id, id) WHERE log_level IN ('warning', 'error');
CREATE INDEX idx_job_executions_status_id ON job_executions (status, id);
DROP INDEX idx_job_executions_status;

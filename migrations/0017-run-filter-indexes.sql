-- Runs are also listed by what began them and by why they failed: without these a page of what is rare would look at all of them.
CREATE INDEX idx_job_executions_trigger_type_id ON job_executions USING btree (trigger_type, id);
CREATE INDEX idx_job_executions_failure_category_id ON job_executions USING btree (failure_category, id) WHERE (failure_category IS NOT NULL);

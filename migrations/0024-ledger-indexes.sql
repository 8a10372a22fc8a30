-- Each minute the open instants and the last starts of each schedule are looked at: by schedule, so that a ledger of a year costs no more than one of a day.
CREATE INDEX idx_schedule_executions_job_schedule_id_scheduled_at_open ON schedule_executions USING btree (job_schedule_id, scheduled_at) WHERE (status = ANY (ARRAY['scheduled'::text, 'running'::text]));
CREATE INDEX idx_schedule_executions_job_schedule_id_scheduled_at_started ON schedule_executions USING btree (job_schedule_id, scheduled_at) WHERE (workflow_id IS NOT NULL);
DROP INDEX idx_schedule_executions_scheduled_at_open;
-- The ledger of all schedules is also listed by what did not go well: without these a page of what is rare would look at all of it.
CREATE INDEX idx_schedule_executions_status_scheduled_at ON schedule_executions USING btree (status, scheduled_at) WHERE (status = ANY (ARRAY['failed'::text, 'skipped'::text]));
CREATE INDEX idx_schedule_executions_skip_reason_scheduled_at ON schedule_executions USING btree (skip_reason, scheduled_at) WHERE (skip_reason IS NOT NULL);
